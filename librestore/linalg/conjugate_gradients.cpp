#include "librestore/linalg/conjugate_gradients.h"
