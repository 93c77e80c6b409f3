// A make-believe libcrypto beside the make-believe libvixDiskLib: tells whether the library got its own, or the one inside Node.
unsigned long OpenSSL_version_num(void) { return 0xfa4ecafe; }
