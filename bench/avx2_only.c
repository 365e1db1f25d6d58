/* Hides AVX-512, AMX and what came after AVX2 from a process, its threads and its children: the
 * kernel is asked to let the instruction CPUID fault (Intel since Ivy Bridge, AMD since Zen; the
 * flag `cpuid_fault` of /proc/cpuinfo), and the fault is answered with the true values less those
 * bits. XGETBV does not fault, but what it tells means something only where CPUID says so too.
 *
 *     cc -O2 -shared -fPIC -Wl,-z,initfirst -o avx2_only.so avx2_only.c
 *     LD_PRELOAD=./avx2_only.so PROGRAM
 *
 * The kernel resets faulting when a program is executed, LD_PRELOAD asks for it anew. The dynamic
 * loader has looked at CPUID before: glibc's own choices are limited by GLIBC_TUNABLES (peers.py).
 * Bits: Intel SDM volume 2, CPUID. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef ARCH_CPUID
#define ARCH_CPUID 0x1012
#endif
#define BIT(n) (1u << (n))

enum { kEax, kEbx, kEcx, kEdx };

/* AVX512F DQ IFMA PF ER CD BW VL */
static const uint32_t kLeaf7Ebx =
    BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31);
/* AVX512_VBMI VBMI2 VNNI BITALG VPOPCNTDQ */
static const uint32_t kLeaf7Ecx = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
/* AVX512_4VNNIW 4FMAPS VP2INTERSECT, AMX-BF16, AVX512_FP16, AMX-TILE, AMX-INT8 */
static const uint32_t kLeaf7Edx = BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25);
/* AVX-VNNI, AVX512_BF16, AMX-FP16, AVX-IFMA */
static const uint32_t kLeaf7Sub1Eax = BIT(4) | BIT(5) | BIT(21) | BIT(23);
/* AVX-VNNI-INT8, AVX-NE-CONVERT, AMX-COMPLEX, AVX-VNNI-INT16, AVX10 */
static const uint32_t kLeaf7Sub1Edx = BIT(4) | BIT(5) | BIT(8) | BIT(10) | BIT(19);
/* The components of XCR0 that hold opmasks, the upper halves of ZMM0-15, ZMM16-31 and tiles. The
 * sizes in the same leaf stay: XSAVE goes on to write all that the kernel switched on. */
static const uint32_t kXcr0 = BIT(5) | BIT(6) | BIT(7) | BIT(17) | BIT(18);

static void mask(uint32_t leaf, uint32_t subleaf, uint32_t r[4]) {
  if (leaf == 7 && subleaf == 0) {
    r[kEbx] &= ~kLeaf7Ebx;
    r[kEcx] &= ~kLeaf7Ecx;
    r[kEdx] &= ~kLeaf7Edx;
  } else if (leaf == 7 && subleaf == 1) {
    r[kEax] &= ~kLeaf7Sub1Eax;
    r[kEdx] &= ~kLeaf7Sub1Edx;
  } else if (leaf == 0xd && subleaf == 0) {
    r[kEax] &= ~kXcr0;
  } else if ((leaf == 0xd && subleaf > 1 && subleaf < 32 && (kXcr0 & BIT(subleaf))) ||
             leaf == 0x1d || leaf == 0x1e || leaf == 0x24) { /* tiles, their unit, AVX10 */
    memset(r, 0, 4 * sizeof *r);
  }
}

static long let_cpuid(int allowed) { return syscall(SYS_arch_prctl, ARCH_CPUID, allowed); }

static struct sigaction previous;

static void on_fault(int number, siginfo_t* info, void* context) {
  greg_t* regs = ((ucontext_t*)context)->uc_mcontext.gregs;
  const uint8_t* code = (const uint8_t*)regs[REG_RIP];
  /* A fault without an address; a jump to nowhere has one, so that `code` can be read. */
  if (info->si_code != SI_KERNEL || code[0] != 0x0f || code[1] != 0xa2) {
    sigaction(number, &previous, NULL); /* happens again, and is then what it always was */
    return;
  }
  uint32_t leaf = (uint32_t)regs[REG_RAX], subleaf = (uint32_t)regs[REG_RCX], r[4];
  let_cpuid(1);
  __cpuid_count(leaf, subleaf, r[kEax], r[kEbx], r[kEcx], r[kEdx]);
  let_cpuid(0);
  mask(leaf, subleaf, r);
  regs[REG_RAX] = r[kEax];
  regs[REG_RBX] = r[kEbx];
  regs[REG_RCX] = r[kEcx];
  regs[REG_RDX] = r[kEdx];
  regs[REG_RIP] += 2;
}

__attribute__((constructor)) static void hide(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  if (sigaction(SIGSEGV, &action, &previous) != 0 || let_cpuid(0) != 0) {
    static const char text[] = "avx2_only: this processor or kernel lets no CPUID fault\n";
    (void)!write(2, text, sizeof text - 1);
    _exit(127);
  }
}
