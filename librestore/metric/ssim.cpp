#include "librestore/metric/ssim.h"
