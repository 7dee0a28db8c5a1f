// Every prior of the table obeys the laws of its header.
#include "tests/support/denoiser_laws.h"

#include <set>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "librestore/tile/tiled_denoiser.h"
#include "priors/factory.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

// Priors of a folder of pictures: tests/unit/patch_prior_test.cpp gives them one and checks the
// laws.
const std::set<std::string> kNeedFolder{"dataset", "local", "patches"};
// Made of a picture with holes, and the denoiser of that one only: tests/unit/completion_test.cpp.
const std::string kNeedsHoles = "self";

BOOST_AUTO_TEST_CASE(every_prior_obeys_the_laws) {
  for (const PriorRow& row : prior_table()) {
    BOOST_TEST_CONTEXT("row " << row.name) {
      BOOST_TEST(row.law_instances.empty() ==
                 (kNeedFolder.contains(row.name) || row.name == kNeedsHoles));
      for (const std::string& name : row.law_instances)
        testing::check_denoiser_laws(*make_prior(name));
    }
  }
}

// Law D3 and the alignment together: a halo of the receptive field makes tiles the whole, to
// float32 rounding, for convolutions of other sizes may sum in another order.
BOOST_AUTO_TEST_CASE(tiles_are_the_whole_for_every_prior_that_has_a_field) {
  int tiled_priors = 0;
  auto names = std::vector<std::string>{"equivariant:natural"};
  for (const PriorRow& row : prior_table())
    names.insert(names.end(), row.law_instances.begin(), row.law_instances.end());
  for (const std::string& name : names) {
    const auto prior = make_prior(name);
    const auto reach = prior->receptive_field();
    if (!reach) {
      BOOST_CHECK_THROW(tiled(prior, 64), Error);
      continue;
    }
    ++tiled_priors;
    // Wider than a tile and its halo, and no multiple of any alignment.
    const std::int64_t core = *reach / 2 + 32;
    Rng rng(21);
    const auto x = rand(rng, {3, 37, core + 2 * *reach + 53});
    const auto whole = prior->denoise(x, 25.0 / 255);
    const auto parts = tiled(prior, core)->denoise(x, 25.0 / 255);
    BOOST_TEST(testing::largest_difference(parts, whole) < 1e-5, name);
  }
  BOOST_TEST(tiled_priors >= 6);
}

BOOST_AUTO_TEST_CASE(every_row_introduces_itself) {
  std::set<std::string> names;
  for (const PriorRow& row : prior_table()) {
    BOOST_TEST_CONTEXT("row " << row.name) {
      BOOST_TEST(names.insert(row.name).second);
      BOOST_TEST(!row.summary.empty());
      BOOST_TEST(!row.citation.empty());
      BOOST_TEST(row.summary.find('\n') == std::string::npos);
    }
  }
}

bool is_usage_error(const Error& error) { return error.code() == ExitCode::usage; }

BOOST_AUTO_TEST_CASE(names_carry_a_parameter) {
  BOOST_TEST(make_prior("tv")->name() == "tv");
  BOOST_TEST(make_prior("tv:0.8")->name() == "tv:0.8");
  BOOST_CHECK_EXCEPTION(make_prior("tv:strong"), Error, is_usage_error);
  BOOST_CHECK_EXCEPTION(make_prior("tv:-1"), Error, is_usage_error);
  for (const auto& name : kNeedFolder) {
    BOOST_CHECK_EXCEPTION(make_prior(name), Error, is_usage_error);
    BOOST_CHECK_EXCEPTION(make_prior(name + ":/no/such/folder"), Error, is_usage_error);
  }
  BOOST_CHECK_EXCEPTION(make_prior("self:9"), Error, is_usage_error);
  BOOST_CHECK_EXCEPTION(make_prior("no such prior"), Error, [](const Error& error) {
    return is_usage_error(error) && std::string(error.what()).find("tv") != std::string::npos;
  });
}

}  // namespace
}  // namespace restore
