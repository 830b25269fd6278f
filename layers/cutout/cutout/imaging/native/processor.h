/* Which of a kernel's compiled variants this processor runs best. */
#ifndef CUTOUT_PROCESSOR_H
#define CUTOUT_PROCESSOR_H

typedef enum { LEVEL_BASELINE, LEVEL_AVX2, LEVEL_AVX512, LEVEL_COUNT } ProcessorLevel;

/* The highest level that both the processor and this build have. */
ProcessorLevel cutout_processor_level(void);

#endif
