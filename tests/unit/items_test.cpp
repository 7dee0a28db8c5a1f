#include "librestore/run/items.h"

#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include "librestore/core/error.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using testing::TemporaryFolder;

// Plans look at names only, so a picture is any file here.
void touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << path.filename().string();
}

// A folder `in` with pictures a, b, c and sub/d, and things that are no pictures.
class Photos {
 public:
  Photos() {
    for (const char* name : {"in/c.png", "in/a.jpg", "in/b.EXR", "in/sub/d.tif", "in/notes.txt",
                             "in/.hidden.png", "in/.cache/e.png"})
      touch(folder_ / name);
  }

  std::string operator()(const std::string& name) const { return (folder_ / name).string(); }

 private:
  TemporaryFolder folder_;
};

Names ids(const Plan& plan) {
  Names names;
  for (const Item& item : plan.items) names.push_back(item.id);
  return names;
}

// The message of the error that planning must throw.
std::string refusal(ExitCode code, const PlanRequest& request) {
  try {
    plan_items(request);
  } catch (const Error& error) {
    BOOST_TEST(static_cast<int>(error.code()) == static_cast<int>(code));
    return error.what();
  }
  BOOST_ERROR("the plan was accepted");
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_CASE(a_file_becomes_a_file) {
  const Photos photos;
  const Plan plan = plan_items({{photos("in/c.png")}, photos("c.png")});
  BOOST_TEST_REQUIRE(plan.items.size() == 1U);
  BOOST_TEST(plan.items[0].id == "c.png");
  BOOST_TEST(plan.items[0].input == photos("in/c.png"));
  BOOST_TEST(plan.items[0].output == photos("c.png"));
  BOOST_TEST(plan.items[0].problem == "");
  BOOST_TEST(plan.folder == fs::path(photos("c.png")).parent_path());
  BOOST_TEST(!plan.to_folder);
}

BOOST_AUTO_TEST_CASE(an_output_without_folder_lies_here) {
  const Photos photos;
  BOOST_TEST(plan_items({{photos("in/c.png")}, "c.png"}).folder == ".");
}

BOOST_AUTO_TEST_CASE(what_makes_the_output_a_folder) {
  const Photos photos;
  fs::create_directory(photos("there"));
  const std::string input = photos("in/c.png");
  for (const std::string& output : {photos("there"), photos("new/")}) {
    const Plan plan = plan_items({{input}, output});
    BOOST_TEST(plan.to_folder);
    BOOST_TEST(plan.items[0].output == fs::path(output) / "c.png");
  }
  BOOST_TEST(plan_items({{input, photos("in/a.jpg")}, photos("new")}).to_folder);
  BOOST_TEST(plan_items({{photos("in")}, photos("new")}).to_folder);
}

BOOST_AUTO_TEST_CASE(a_file_cannot_be_the_folder) {
  const Photos photos;
  const std::string message = refusal(ExitCode::usage, {{photos("in")}, photos("in/notes.txt")});
  BOOST_TEST(contains(message, "notes.txt: is a file, and several pictures need"), message);
  const std::string slash =
      refusal(ExitCode::usage, {{photos("in/c.png")}, photos("in/notes.txt/")});
  BOOST_TEST(contains(slash, "notes.txt: is a file, and names that end in / need"), slash);
}

BOOST_AUTO_TEST_CASE(folders_give_their_pictures_in_order) {
  const Photos photos;
  const Plan plan = plan_items({{photos("in")}, photos("out")});
  BOOST_TEST(ids(plan) == (Names{"a.jpg", "b.EXR", "c.png"}), boost::test_tools::per_element());
  BOOST_TEST(plan.items[1].output == photos("out/b.EXR"));
}

BOOST_AUTO_TEST_CASE(recursion_keeps_the_tree) {
  const Photos photos;
  const Plan plan = plan_items({{photos("in")}, photos("out"), true});
  BOOST_TEST(ids(plan) == (Names{"a.jpg", "b.EXR", "c.png", "sub/d.tif"}),
             boost::test_tools::per_element());
  BOOST_TEST(plan.items[3].input == photos("in/sub/d.tif"));
  BOOST_TEST(plan.items[3].output == photos("out/sub/d.tif"));
}

BOOST_AUTO_TEST_CASE(the_order_of_the_inputs_does_not_matter) {
  const Photos photos;
  const Names files{photos("in/c.png"), photos("in/a.jpg"), photos("in/b.EXR")};
  const Plan forward = plan_items({files, photos("out")});
  const Plan backward = plan_items({{files.rbegin(), files.rend()}, photos("out")});
  BOOST_TEST(ids(forward) == ids(backward), boost::test_tools::per_element());
  // The same file by two ways is one item.
  const Plan twice = plan_items({{photos("in"), files[0], photos("in/./c.png")}, photos("out")});
  BOOST_TEST(ids(twice) == (Names{"a.jpg", "b.EXR", "c.png"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(results_inside_the_input_folder_are_not_restored_again) {
  const Photos photos;
  touch(photos("in/out/a.jpg"));
  const Plan plan = plan_items({{photos("in")}, photos("in/out"), true, Existing::overwrite});
  BOOST_TEST(ids(plan) == (Names{"a.jpg", "b.EXR", "c.png", "sub/d.tif"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_file_given_itself_is_always_taken) {
  const Photos photos;
  const Plan plan = plan_items({{photos("in/notes.txt"), photos("in/.hidden.png")}, photos("out")});
  BOOST_TEST(ids(plan) == (Names{".hidden.png", "notes.txt"}), boost::test_tools::per_element());
  // No picture can be written as text.
  BOOST_TEST(plan.items[1].output == photos("out/notes.png"));
}

BOOST_AUTO_TEST_CASE(links_between_folders_are_not_followed) {
  const Photos photos;
  fs::create_directory_symlink(photos("in"), photos("in/sub/circle"));
  fs::create_symlink(photos("nowhere.png"), photos("in/broken.png"));
  fs::create_symlink(photos("in/c.png"), photos("in/link.png"));
  const Plan plan = plan_items({{photos("in")}, photos("out"), true});
  BOOST_TEST(ids(plan) == (Names{"a.jpg", "b.EXR", "broken.png", "c.png", "link.png", "sub/d.tif"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_missing_input_is_an_item_that_fails) {
  const Photos photos;
  const Plan plan = plan_items({{photos("none.png"), photos("in/c.png")}, photos("out")});
  BOOST_TEST(ids(plan) == (Names{"c.png", "none.png"}), boost::test_tools::per_element());
  BOOST_TEST(plan.items[0].problem == "");
  BOOST_TEST(plan.items[1].problem == photos("none.png") + ": no such file or folder");
}

BOOST_AUTO_TEST_CASE(an_input_that_cannot_be_looked_at_is_an_item_that_fails) {
  const Photos photos;
  fs::create_symlink(photos("loop.png"), photos("loop.png"));
  const Plan plan = plan_items({{photos("loop.png"), photos("in/c.png")}, photos("out")});
  BOOST_TEST(contains(plan.items[1].problem, "loop.png: "), plan.items[1].problem);
}

Plan plan_without_reading_sub(const Photos& photos) {
  fs::permissions(photos(""), static_cast<fs::perms>(0755));
  fs::permissions(photos("in/sub"), fs::perms::none);
  // Permissions do not bind root.
  const bool root = geteuid() == 0;
  if (root) BOOST_TEST_REQUIRE(seteuid(65534) == 0);
  Plan plan = plan_items({{photos("in")}, photos("out"), true});
  if (root) BOOST_TEST_REQUIRE(seteuid(0) == 0);
  return plan;
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_read_is_an_item_that_fails) {
  const Photos photos;
  const Plan plan = plan_without_reading_sub(photos);
  BOOST_TEST_REQUIRE(plan.items.size() == 4U);
  BOOST_TEST(plan.items[3].id == "sub");
  BOOST_TEST(plan.items[3].problem == photos("in/sub") + ": Permission denied");
}

// Not even for the picture whose result would have the folder's name.
BOOST_AUTO_TEST_CASE(what_fails_is_in_nobodys_way) {
  const Photos photos;
  touch(photos("in/sub.png"));
  const Plan plan = plan_without_reading_sub(photos);
  BOOST_TEST_REQUIRE(plan.items.size() == 5U);
  BOOST_TEST(plan.items[4].output == photos("out/sub.png"));
  BOOST_TEST(plan.items[4].problem.empty());
}

BOOST_AUTO_TEST_CASE(nothing_usable_is_refused) {
  const Photos photos;
  BOOST_TEST(refusal(ExitCode::no_input, {{photos("none.png")}, photos("out.png")}) ==
             photos("none.png") + ": no such file or folder");
  BOOST_TEST(refusal(ExitCode::no_input, {{photos("x.png"), photos("y.png")}, photos("out")}) ==
             photos("x.png") + ": no such file or folder (and 1 more like it)");
  fs::create_directory(photos("empty"));
  const std::string flat = refusal(ExitCode::no_input, {{photos("empty")}, photos("out")});
  BOOST_TEST(contains(flat, "empty: no pictures there; -r"), flat);
  const std::string deep = refusal(ExitCode::no_input, {{photos("empty")}, photos("out"), true});
  BOOST_TEST(deep == photos("empty") + ": no pictures there");
}

BOOST_AUTO_TEST_CASE(originals_are_never_overwritten) {
  const Photos photos;
  const std::string input = photos("in/c.png");
  fs::create_symlink(input, photos("soft.png"));
  fs::create_hard_link(input, photos("hard.png"));
  fs::create_directory_symlink(photos("in"), photos("here"));
  for (const std::string& output : {input, photos("in/../in/c.png"), photos("soft.png"),
                                    photos("hard.png"), photos("here/c.png"), photos("in")})
    for (const Existing existing : {Existing::refuse, Existing::overwrite, Existing::skip_done}) {
      const std::string message = refusal(ExitCode::usage, {{input}, output, false, existing});
      BOOST_TEST(contains(message, input), message);
      BOOST_TEST(contains(message, "never overwritten"), message);
    }
}

BOOST_AUTO_TEST_CASE(another_items_original_is_not_overwritten_either) {
  const Photos photos;
  touch(photos("in/sub/c.png"));
  refusal(ExitCode::usage, {{photos("in/sub/c.png"), photos("in/a.jpg"), photos("in/c.png")},
                            photos("in"),
                            false,
                            Existing::overwrite});
}

BOOST_AUTO_TEST_CASE(two_inputs_for_one_output_are_refused) {
  const Photos photos;
  touch(photos("other/c.png"));
  const std::string message =
      refusal(ExitCode::usage, {{photos("in"), photos("other")}, photos("out")});
  BOOST_TEST(contains(message, photos("in/c.png")), message);
  BOOST_TEST(contains(message, photos("other/c.png")), message);
  touch(photos("in/scan.jp2"));
  touch(photos("in/scan.png"));
  refusal(ExitCode::usage, {{photos("in/scan.jp2"), photos("in/scan.png")}, photos("out")});
}

BOOST_AUTO_TEST_CASE(outputs_that_exist) {
  const Photos photos;
  touch(photos("out/b.EXR"));
  touch(photos("out/c.png"));
  PlanRequest request{{photos("in")}, photos("out")};
  const std::string message = refusal(ExitCode::usage, request);
  BOOST_TEST(contains(message, photos("out/b.EXR")), message);
  BOOST_TEST(contains(message, "--overwrite"), message);
  BOOST_TEST(contains(message, "--skip-existing"), message);
  for (const Existing existing : {Existing::overwrite, Existing::skip_done}) {
    request.existing = existing;
    BOOST_TEST(plan_items(request).items.size() == 3U);
  }
}

BOOST_AUTO_TEST_CASE(an_output_that_no_format_can_hold_is_refused) {
  const Photos photos;
  const std::string message = refusal(ExitCode::usage, {{photos("in/c.png")}, photos("c.doc")});
  BOOST_TEST(contains(message, "c.doc"), message);
  BOOST_TEST(contains(message, ".png"), message);
}

}  // namespace
}  // namespace restore
