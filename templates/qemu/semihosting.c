/*
 * Semihosting: the calls through which a program on an emulated core reaches the host (Arm, "Semihosting for AArch32 and AArch64").
 */
#include <stdint.h>

void mlpc_exit(int status);
int mlpc_open(const char *name, int mode);
int mlpc_read(int file, void *to, uint32_t bytes);
void mlpc_print(int file, const char *text);

static uintptr_t call(uintptr_t operation, uintptr_t argument)
{
    register uintptr_t r0 __asm("r0") = operation;
    register uintptr_t r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

/* Ends the emulation (SYS_EXIT): the host sees status 0 or 1. */
void mlpc_exit(int status)
{
    call(0x18, status == 0 ? 0x20026u : 0x20023u);
    for (;;) {
    }
}

static uint32_t length(const char *text)
{
    uint32_t n = 0;
    while (text[n] != '\0') {
        n++;
    }
    return n;
}

/* Opens a file of the host (SYS_OPEN), mode 1: to read it, mode 5: to write it anew; -1 if that fails. */
int mlpc_open(const char *name, int mode)
{
    const uintptr_t block[3] = {(uintptr_t)name, (uintptr_t)mode, length(name)};
    return (int)call(0x01, (uintptr_t)block);
}

/* Reads from a file (SYS_READ): the number of bytes that were read. */
int mlpc_read(int file, void *to, uint32_t bytes)
{
    const uintptr_t block[3] = {(uintptr_t)file, (uintptr_t)to, bytes};
    return (int)(bytes - call(0x06, (uintptr_t)block));
}

/* Writes a text to a file (SYS_WRITE). */
void mlpc_print(int file, const char *text)
{
    const uintptr_t block[3] = {(uintptr_t)file, (uintptr_t)text, length(text)};
    call(0x05, (uintptr_t)block);
}
