#include "operators/compose/identity.h"
#include "operators/rows/row.h"

namespace restore {

OperatorRecipe identity_row() {
  return {
      "identity",
      "y = x",
      Rung::spectral,
      "",
      {},
      {"identity"},
      [](const BoundCall&, const ShapeRequest& request) -> std::shared_ptr<const LinearOperator> {
        return std::make_shared<Identity>(request.shape);
      },
      0,
      true};
}

}  // namespace restore
