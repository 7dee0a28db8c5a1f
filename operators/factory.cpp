#include "operators/factory.h"
