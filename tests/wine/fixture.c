/* Puts certificates into a system store, with or without a private key in a CAPI container, or with
 * the name of a CNG key: what the checks of the Windows stores under Wine find there. For tests
 * only.
 *
 * usage: fixture STORE {CERT.der KEY.blob CONTAINER FRIENDLY-NAME MODE}...
 *
 * STORE is CurrentUser\My, LocalMachine\My or another store of the two. KEY.blob is what
 * `openssl rsa -outform "MS PRIVATEKEYBLOB"` writes. MODE is one of
 *   exportable          the key can be exported
 *   kept                the key cannot be exported
 *   missing-container   the certificate names a container that does not exist; KEY.blob is not read
 *   no-key              the certificate alone; KEY.blob and CONTAINER are not looked at
 *   ksp:PROVIDER        CONTAINER is a key of this KSP, ksp-machine:PROVIDER one of the computer's;
 *                       KEY.blob is not read
 */

#include <windows.h>
#include <wincrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static const wchar_t PROVIDER[] = MS_ENH_RSA_AES_PROV_W;

/* What the store keeps beside every certificate. */
static const wchar_t DESCRIPTION[] = L"Made for tests";

static void fail(const char *what, const wchar_t *about)
{
    fprintf(stderr, "%s: %ls: error 0x%08lx\n", what, about, GetLastError());
    exit(1);
}

/* The rest of `text` after `start`, or NULL. */
static const wchar_t *after(const wchar_t *text, const wchar_t *start)
{
    size_t length = wcslen(start);

    return wcsncmp(text, start, length) == 0 ? text + length : NULL;
}

static HCERTSTORE open_store(const wchar_t *store, BOOL *machine)
{
    const wchar_t *user_store = after(store, L"CurrentUser\\");
    const wchar_t *machine_store = after(store, L"LocalMachine\\");
    DWORD location = machine_store ? CERT_SYSTEM_STORE_LOCAL_MACHINE : CERT_SYSTEM_STORE_CURRENT_USER;
    HCERTSTORE opened;

    if (!user_store && !machine_store)
        fail("no such location", store);
    opened = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, location,
                           machine_store ? machine_store : user_store);
    if (!opened)
        fail("CertOpenStore", store);
    *machine = machine_store != NULL;
    return opened;
}

static BYTE *read_file(const wchar_t *name, DWORD *size)
{
    FILE *file = _wfopen(name, L"rb");
    BYTE *bytes = malloc(0x10000);

    if (!file || !bytes)
        fail("cannot be read", name);
    *size = (DWORD)fread(bytes, 1, 0x10000, file);
    if (!feof(file))
        fail("larger than it should be", name);
    fclose(file);
    return bytes;
}

static void make_container(const wchar_t *container, const wchar_t *blob, DWORD keyset, DWORD flags)
{
    HCRYPTPROV provider;
    HCRYPTKEY key;
    DWORD size;
    BYTE *bytes = read_file(blob, &size);

    if (!CryptAcquireContextW(&provider, container, PROVIDER, PROV_RSA_AES, CRYPT_NEWKEYSET | keyset))
        fail("CryptAcquireContext", container);
    if (!CryptImportKey(provider, bytes, size, 0, flags, &key))
        fail("CryptImportKey", blob);
    SecureZeroMemory(bytes, size);
    free(bytes);
    CryptDestroyKey(key);
    CryptReleaseContext(provider, 0);
}

static void set_property(PCCERT_CONTEXT certificate, DWORD property, const void *value)
{
    if (!CertSetCertificateContextProperty(certificate, property, 0, value))
        fail("CertSetCertificateContextProperty", L"the certificate's properties");
}

static void set_text(PCCERT_CONTEXT certificate, DWORD property, const wchar_t *text)
{
    CRYPT_DATA_BLOB value = { (DWORD)((wcslen(text) + 1) * sizeof(wchar_t)), (BYTE *)text };

    set_property(certificate, property, &value);
}

static PCCERT_CONTEXT add_certificate(HCERTSTORE store, const wchar_t *name)
{
    PCCERT_CONTEXT certificate;
    DWORD size;
    BYTE *bytes = read_file(name, &size);

    if (!CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, bytes, size,
                                          CERT_STORE_ADD_NEW, &certificate))
        fail("CertAddEncodedCertificateToStore", name);
    free(bytes);
    return certificate;
}

static void add_identity(HCERTSTORE store, DWORD keyset, wchar_t **arguments)
{
    wchar_t *blob = arguments[1], *container = arguments[2], *name = arguments[3];
    const wchar_t *mode = arguments[4];
    BOOL exportable = wcscmp(mode, L"exportable") == 0;
    BOOL no_key = wcscmp(mode, L"no-key") == 0;
    const wchar_t *user_ksp = after(mode, L"ksp:"), *machine_ksp = after(mode, L"ksp-machine:");
    CRYPT_KEY_PROV_INFO key = { container, (LPWSTR)PROVIDER, PROV_RSA_AES, keyset, 0, NULL, AT_KEYEXCHANGE };
    PCCERT_CONTEXT certificate = add_certificate(store, arguments[0]);

    if (exportable || wcscmp(mode, L"kept") == 0)
        make_container(container, blob, keyset, exportable ? CRYPT_EXPORTABLE : 0);
    else if (user_ksp || machine_ksp)
        key = (CRYPT_KEY_PROV_INFO){ container, (LPWSTR)(user_ksp ? user_ksp : machine_ksp), 0,
                                     machine_ksp ? CRYPT_MACHINE_KEYSET : 0, 0, NULL, 0 };
    else if (!no_key && wcscmp(mode, L"missing-container") != 0)
        fail("no such mode", mode);
    if (!no_key)
        set_property(certificate, CERT_KEY_PROV_INFO_PROP_ID, &key);
    set_text(certificate, CERT_FRIENDLY_NAME_PROP_ID, name);
    set_text(certificate, CERT_DESCRIPTION_PROP_ID, DESCRIPTION);
    CertFreeCertificateContext(certificate);
}

int wmain(int count, wchar_t **arguments)
{
    HCERTSTORE store;
    BOOL machine;
    int i;

    if (count < 7 || (count - 2) % 5 != 0) {
        fprintf(stderr, "usage: fixture STORE {CERT.der KEY.blob CONTAINER FRIENDLY-NAME MODE}...\n");
        return 2;
    }
    store = open_store(arguments[1], &machine);
    for (i = 2; i < count; i += 5)
        add_identity(store, machine ? CRYPT_MACHINE_KEYSET : 0, arguments + i);
    /* Wine writes the store when it is closed, and not before. */
    if (!CertCloseStore(store, 0))
        fail("CertCloseStore", arguments[1]);
    return 0;
}
