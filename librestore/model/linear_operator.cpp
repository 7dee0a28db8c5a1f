#include "librestore/model/linear_operator.h"
