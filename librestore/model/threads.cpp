#include "librestore/model/threads.h"
