#include "librestore/image/image.h"
