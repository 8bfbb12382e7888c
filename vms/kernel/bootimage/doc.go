// Package bootimage reads kernels as boot loaders take them: x86's bzImage with its setup
// header (Documentation/arch/x86/boot.rst) and the ELF vmlinux packed in it, the flat Image of
// arm64 and riscv64, gzip and EFI zboot files with such an Image in them, s390x's image, and
// the ELF vmlinux that ppc64el boots.
package bootimage
