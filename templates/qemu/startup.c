/*
 * Start-up code for Cortex-M cores under QEMU: vector table (SysTick goes to mlpc_tick), floating-point and vector units on, .data and .bss, main.
 * The linker script gives the addresses. A fault ends QEMU with an error.
 */
#include <stdint.h>

extern uint32_t mlpc_stack_top, mlpc_data_load, mlpc_data_start, mlpc_data_end, mlpc_bss_start, mlpc_bss_end;

int main(void);
void mlpc_exit(int status);

void mlpc_reset(void);
void mlpc_fault(void);
void mlpc_tick(void);

typedef void (*handler)(void);

__attribute__((section(".vectors"), used)) static const handler vectors[16] = {
    (handler)(uintptr_t)&mlpc_stack_top, mlpc_reset, mlpc_fault, mlpc_fault, mlpc_fault, mlpc_fault, mlpc_fault, mlpc_fault,
    mlpc_fault, mlpc_fault, mlpc_fault, mlpc_fault, mlpc_fault, mlpc_fault, mlpc_fault, mlpc_tick,
};

void mlpc_fault(void)
{
    mlpc_exit(1);
}

void mlpc_reset(void)
{
    const uint32_t *from = &mlpc_data_load;
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: full access to coprocessors 10 and 11 */
    __asm volatile("dsb\n isb" ::: "memory");
#endif
    for (volatile uint32_t *to = &mlpc_data_start; to < &mlpc_data_end; to++) {
        *to = *from++;
    }
    for (volatile uint32_t *to = &mlpc_bss_start; to < &mlpc_bss_end; to++) {
        *to = 0;
    }
    mlpc_exit(main());
}
