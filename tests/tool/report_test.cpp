// --report: one page about a run that anybody can open, whatever the files are called.
#include "librestore/report/report.h"

#include <boost/test/unit_test.hpp>
#include <torch/torch.h>

#include "librestore/core/json.h"
#include "librestore/image/thumbnail.h"
#include "librestore/report/html.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

const std::string kNasty = "<b>&\".png", kNastyInHtml = "&lt;b&gt;&amp;&quot;.png";

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

bool holds(const std::string& text, const std::string& what) { return count(text, what) > 0; }

// What keeps a page from asking for anything but itself.
void check_self_contained(const std::string& page) {
  for (const std::string outside : {"http://", "https://", "<script", "<link", "src=\"/", "url("})
    BOOST_TEST(!holds(page, outside), outside);
  BOOST_TEST(count(page, "<img ") == count(page, "<img src=\"data:image/jpeg;base64,/9j/"));
  for (const std::string tag : {"table", "section", "figure", "body", "html"})
    BOOST_TEST(count(page, "<" + tag) == count(page, "</" + tag + ">"), tag);
}

BOOST_AUTO_TEST_CASE(text_becomes_html) {
  BOOST_TEST(html_escaped("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#39;");
  BOOST_TEST(html_of(Json{{"a", 1.23456}, {"b", {1, "<"}}}) == "a 1.235, b 1, &lt;");
}

// Row by row as at once, and white shows through; means of 8-bit values in another order of
// additions.
BOOST_AUTO_TEST_CASE(thumbnails_are_means_of_the_pixels) {
  const TemporaryFolder folder;
  write_raw(folder / "a.png", example_picture(97, 61, 4));
  const Image whole = load_image(folder / "a.png");
  const auto thumbnail = load_reduced(folder / "a.png", 40);
  BOOST_TEST(thumbnail.sizes() == (torch::IntArrayRef{1, 3, 25, 40}));
  BOOST_TEST((thumbnail - reduced(whole, 40)).abs().max().item<double>() < 1e-6);
  const auto shown = whole.colour * whole.alpha + 1 - whole.alpha;
  const auto corner = shown.slice(2, 0, 3).slice(3, 0, 3).mean({2, 3});
  BOOST_TEST((thumbnail.select(3, 0).select(2, 0) - corner).abs().max().item<double>() < 1e-6);
  BOOST_TEST(load_reduced(folder / "a.png", 97).equal(reduced(whole, 1000)));
  // Associated, the colours hold their alpha already.
  Image associated = whole;
  associated.colour = whole.colour * whole.alpha;
  associated.alpha_is_associated = true;
  BOOST_TEST((reduced(associated, 40) - reduced(whole, 40)).abs().max().item<double>() < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_report_of_many_items_stays_small) {
  const TemporaryFolder folder;
  Report report(folder / "r.html", Existing::refuse, {{"seconds", "seconds"}});
  int asked = 0;
  const View view{"v", [&] {
                    ++asked;
                    return torch::full({1, 3, 8, 8}, 0.5);
                  }};
  constexpr std::size_t kItems = 10000;
  for (std::size_t i = 0; i < kItems; ++i)
    report.add(i, "item " + std::to_string(i), "ok", {{"seconds", 1.5}}, {view});
  report.write("tool", {{"seed", 7}, {"none", ""}}, kItems);
  BOOST_TEST(asked == static_cast<int>(kReportedPictures));
  const auto page = read_bytes(folder / "r.html");
  check_self_contained(page);
  BOOST_TEST(count(page, "<img ") == kReportedPictures);
  BOOST_TEST(count(page, ">1.5<") == kItems);
  BOOST_TEST(holds(page, "Pictures are shown for the first 200 of 10000 items."));
  BOOST_TEST(holds(page, "item 9999"));
  BOOST_TEST(holds(page, "<th>seed</th><td class=\"text\">7</td>"));
  BOOST_TEST(!holds(page, "<th>none</th>"));
}

// Two pictures, one of them with a name that is markup, and a file that is none.
Words inpaint_call(const ToolBench& bench) {
  fs::create_directory(bench / "photos");
  fs::copy_file(bench / "photo.png", bench / "photos" / kNasty);
  fs::copy_file(bench / "photo.png", bench / "photos/plain.png");
  write_bytes(bench / "photos/text.png", "no picture");
  return {"restore-inpaint", "photos",   "--mask",        "mask.png", "--steps", "2",
          "--samples",       "2",        "--uncertainty", "where/",   "-o",      "out",
          "--json",          "--report", "pages/r.html"};
}

BOOST_AUTO_TEST_CASE(a_report_shows_what_json_says) {
  const ToolBench bench;
  const auto result = bench.run(inpaint_call(bench));
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed), result.err);
  const auto page = read_bytes(bench / "pages/r.html");
  check_self_contained(page);
  BOOST_TEST(holds(page, kNastyInHtml));
  BOOST_TEST(!holds(page, "<b>"));
  BOOST_TEST(holds(page, "1 failed, 2 ok"));
  BOOST_TEST(count(page, "<img ") == 2U * 3U);  // input, result, uncertainty
  for (const std::string row :
       {"call", "version", "method", "prior", "prior hash", "seed", "parameters"})
    BOOST_TEST(holds(page, "<th>" + row + "</th>"), row);
  for (const auto& line : lines_of(result.out)) {
    const auto record = Json::parse(line);
    if (record.contains("error"))
      BOOST_TEST(holds(page, html_of(record["error"])), line);
    else
      for (const std::string key : {"residual", "seconds", "denoiser_calls", "mean_deviation"})
        BOOST_TEST(holds(page, ">" + html_of(record[key]) + "</td>"), key << " of " << line);
  }
}

BOOST_AUTO_TEST_CASE(a_report_replaces_what_it_may) {
  const ToolBench bench;
  Words call = {"restore-inpaint", "photo.png", "--mask", "mask.png", "--prior",  "tv",
                "--steps",         "1",         "-o",     "out/",     "--report", "pages/nr1.html"};
  const auto with = [&](const std::string& more) {
    Words words = call;
    words.push_back(more);
    return words;
  };
  bench.run_well(with("-n"));
  BOOST_TEST(!fs::exists(bench / "pages"));
  bench.run_well(call);
  const auto first = read_bytes(bench / "pages/nr1.html");
  BOOST_TEST(holds(first, "1 ok"));
  fs::remove(bench / "out/photo.png");
  bench.check_refusal(call, ExitCode::usage, {"--report pages/nr1.html", "--overwrite"});
  fs::remove_all(bench / "out");
  bench.run_well(with("--skip-existing"));  // a report of ours
  bench.run_well(with("--skip-existing"));
  BOOST_TEST(holds(read_bytes(bench / "pages/nr1.html"), "1 skipped"));
  write_bytes(bench / "pages/nr1.html", "my page");
  bench.check_refusal(with("--skip-existing"), ExitCode::usage, {"no report"});
  bench.run_well(with("--overwrite"));
  BOOST_TEST(holds(read_bytes(bench / "pages/nr1.html"), "1 ok"));
  call.back() = "photo.png";
  bench.check_refusal(with("--overwrite"), ExitCode::usage, {"photo.png", ".html"});
  call.back() = "pages";
  call.insert(call.begin(), {"restore-batch", "plan", "-m", "m.jsonl"});
  const auto planned = run_restore(call, {.folder = bench.path()});
  BOOST_TEST(planned.exit_code == static_cast<int>(ExitCode::usage));
  BOOST_TEST(holds(planned.err, "restore-batch run"), planned.err);
}

BOOST_AUTO_TEST_CASE(compare_shows_errors_and_means) {
  const ToolBench bench;
  for (const std::string folder : {"truth", "restored"}) {
    fs::create_directory(bench / folder);
    fs::copy_file(bench / "photo.png", bench / folder / kNasty);
  }
  write_raw(bench / "truth/grey.exr",
            make_raw(16, 16, 3, SampleType::float32, [](int, int, int) { return 0.5; }));
  write_raw(bench / "restored/grey.exr",
            make_raw(16, 16, 3, SampleType::float32, [](int, int, int) { return 0.6; }));
  const auto run = [&](const Words& more) {
    Words words = {"restore-compare", "truth", "restored", "--report", "r.html"};
    words.insert(words.end(), more.begin(), more.end());
    return bench.run(words).exit_code;
  };
  BOOST_TEST(run({}) == 0);
  BOOST_TEST(run({}) == static_cast<int>(ExitCode::usage));
  BOOST_TEST(run({"--overwrite", "--fail", "30"}) == 2);
  const auto page = read_bytes(bench / "r.html");
  check_self_contained(page);
  BOOST_TEST(count(page, "<img ") == 2U * 3U);
  BOOST_TEST(holds(page, kNastyInHtml));
  BOOST_TEST(holds(page, "mean of 2 in restored"));
  BOOST_TEST(holds(page, ">20</td>"), "an error of 0.1 everywhere is 20 dB");
  BOOST_TEST(holds(page, "1 failure, 1 pass"));
}

}  // namespace
}  // namespace restore::testing
