#define TARGET baseline
#include "../generic/half.h"
