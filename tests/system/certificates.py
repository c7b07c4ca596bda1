# SPDX-License-Identifier: MIT
"""
An authority of the tests, and certificates by it: valid, expired, not valid yet, for another
name, self-signed. Made by openssl, with dates that do not move; the keys are new each time.
"""

import pathlib
import subprocess

NAME = "www.example.test"
VALID = ("20200101000000Z", "20991231235959Z")  # past 2049: RFC 5280 section 4.1.2.5.2 counts
EXPIRED = ("20010101000000Z", "20020203040506Z")
FUTURE = ("20980101000000Z", "20991231235959Z")

SETTINGS = """
[ca]
default_ca = test
[test]
new_certs_dir = {folder}/issued
database = {folder}/index
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = none
unique_subject = no
[any]
countryName = optional
organizationName = optional
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[between]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = {names}
"""

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("-newkey", "rsa:2048")
ED25519 = ("-newkey", "ed25519")
OWN_NAMES = f"DNS:{NAME}, DNS:*.example.test, IP:10.77.0.1, IP:fd77::1"

# What is made: file, key, subject, issuer (None: itself), dates, section, alternative names.
CERTIFICATES = (
    ("root", EC, "/O=portledger tests/CN=Test Root", None, VALID, "root", OWN_NAMES),
    ("between", RSA, "/O=portledger tests/CN=Test Issuer", "root", VALID, "between", OWN_NAMES),
    ("valid", EC, f"/C=DE/O=Prüfstand/CN={NAME}", "between", VALID, "server", OWN_NAMES),
    ("valid-rsa", RSA, f"/CN={NAME}", "between", VALID, "server", OWN_NAMES),
    ("valid-ed25519", ED25519, f"/CN={NAME}", "between", VALID, "server", OWN_NAMES),
    ("expired", EC, f"/CN={NAME}", "between", EXPIRED, "server", OWN_NAMES),
    ("future", EC, f"/CN={NAME}", "between", FUTURE, "server", OWN_NAMES),
    (
        "wrong-name",
        EC,
        "/CN=other.example.net",
        "between",
        VALID,
        "server",
        "DNS:other.example.net",
    ),
    ("self-signed", EC, f"/CN={NAME}", None, VALID, "server", OWN_NAMES),
)


class Authority:
    """
    The files of CERTIFICATES in `folder`: NAME.pem, NAME.key, NAME.der, and NAME.chain, which
    is what a server sends: the certificate and, where there is one, the one between.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "issued").mkdir(parents=True, exist_ok=True)
        (self.folder / "index").write_text("")
        for row in CERTIFICATES:
            self._make(*row)

    def path(self, name):
        return self.folder / name

    def _openssl(self, *words):
        result = subprocess.run(
            ["openssl", *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"openssl {words}\n{result.stderr}"

    def _make(self, name, key, subject, issuer, dates, section, names):
        settings = self.folder / "openssl.cnf"
        settings.write_text(SETTINGS.format(folder=self.folder, names=names))
        self._openssl(
            *("req", "-new", "-nodes", "-utf8", "-config", "openssl.cnf", *key, "-subj", subject),
            *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
        )
        signer = ["-selfsign", "-keyfile", f"{name}.key"]
        if issuer is not None:
            signer = ["-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key"]
        self._openssl(
            *("ca", "-batch", "-notext", "-utf8", "-config", "openssl.cnf", "-in", f"{name}.csr"),
            *("-out", f"{name}.pem", "-extensions", section, "-preserveDN"),
            *("-startdate", dates[0], "-enddate", dates[1], *signer),
        )
        self._openssl("x509", "-in", f"{name}.pem", "-outform", "DER", "-out", f"{name}.der")
        chain = self.path(f"{name}.pem").read_text()
        if issuer == "between":
            chain += self.path("between.pem").read_text()
        self.path(f"{name}.chain").write_text(chain)
