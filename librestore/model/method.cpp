#include "librestore/model/method.h"
