#include "tests/posterior/svd_operator.h"

#include "librestore/model/random.h"
#include "tests/support/operator_laws.h"

namespace restore {
namespace {

BOOST_AUTO_TEST_CASE(laws) {
  for (const std::int64_t rows : {1, 3, 6}) {
    Rng rng(static_cast<std::uint64_t>(rows));
    const auto matrix = randn(rng, {1, rows, 6}, 1, torch::kFloat64)[0][0];
    BOOST_TEST_CONTEXT(rows << " x 6")
    testing::check_operator_laws(testing::SvdOperator(matrix));
  }
}

}  // namespace
}  // namespace restore
