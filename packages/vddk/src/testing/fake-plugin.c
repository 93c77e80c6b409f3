// What the make-believe libvixDiskLib opens by itself, as the real one opens its plugins: it must find the same libcrypto.
unsigned long OpenSSL_version_num(void);
unsigned long fakePluginCrypto(void) { return OpenSSL_version_num(); }
