// The original is never written over, whatever name it goes by and whatever flags are given.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

BOOST_AUTO_TEST_CASE(the_same_path_is_refused_by_every_tool) {
  const ToolBench bench;
  for (auto call : single_picture_calls("photo.png", "photo.png")) {
    call.push_back("--overwrite");
    bench.check_refusal(call, ExitCode::usage, {"photo.png"});
  }
}

BOOST_AUTO_TEST_CASE(the_same_file_by_another_name_is_refused) {
  const ToolBench bench;
  fs::create_symlink(bench / "photo.png", bench / "soft.png");
  fs::create_hard_link(bench / "photo.png", bench / "hard.png");
  fs::create_directory_symlink(bench.path(), bench / "here");
  for (const std::string output :
       {"./photo.png", "out/../photo.png", "soft.png", "hard.png", "here/photo.png"}) {
    auto call = single_picture_calls("photo.png", output).back();
    call.push_back("--overwrite");
    bench.check_refusal(call, ExitCode::usage, {});
  }
}

BOOST_AUTO_TEST_CASE(the_inputs_own_folder_is_refused) {
  const ToolBench bench;
  auto call = single_picture_calls("photo.png", ".").back();
  call.push_back("--overwrite");
  bench.check_refusal(call, ExitCode::usage, {"photo.png"});
}

// Whatever a call reads: masks, kernels, the operator's files, a prior's pictures.
BOOST_AUTO_TEST_CASE(what_is_read_beside_the_input_is_refused) {
  const ToolBench bench;
  fs::create_directory(bench / "masks");
  fs::copy_file(bench / "mask.png", bench / "masks/photo.png");
  fs::create_directory(bench / "faces");
  fs::copy_file(bench / "photo.png", bench / "faces/photo.png");
  const Words pnp{"restore-pnp", "photo.png"};
  const auto with = [](Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    words.push_back("--overwrite");
    return words;
  };
  const Words inpaint{"restore-inpaint", "photo.png", "--prior", "tv"};
  const Words deblur{"restore-deblur", "photo.png", "--prior", "tv"};
  for (const auto& [call, file] : std::vector<std::pair<Words, std::string>>{
           {with(inpaint, {"--mask", "mask.png", "-o", "mask.png"}), "mask.png"},
           {with(inpaint, {"--mask", "masks", "-o", "masks"}), "masks/photo.png"},
           {with(pnp, {"--operator", "mask(mask.png)", "-o", "mask.png"}), "mask.png"},
           {with(deblur, {"--blind", "--save-psf", "photo.png", "-o", "out/a.png"}), "photo.png"},
           {with(pnp, {"--operator", "identity", "--trace", "photo.png", "-o", "out/a.png"}),
            "photo.png"},
           {with(pnp, {"--operator", "identity", "--prior", "dataset:faces", "-o", "faces"}),
            "faces/photo.png"}}) {
    const auto before = read_bytes(bench / file);
    bench.check_refusal(call, ExitCode::usage, {file});
    BOOST_TEST(read_bytes(bench / file) == before);
  }
}

}  // namespace
}  // namespace restore::testing
