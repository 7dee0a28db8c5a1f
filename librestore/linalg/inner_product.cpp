#include "librestore/linalg/inner_product.h"
