#include "librestore/model/operator.h"
