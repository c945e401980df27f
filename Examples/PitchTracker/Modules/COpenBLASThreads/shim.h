#pragma once

// The one setting of OpenBLAS that belongs to the program, not to a library it links.
void openblas_set_num_threads(int count);
