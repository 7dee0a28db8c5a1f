#include "librestore/model/random.h"
