//! Given a folder, gives a time stamp authority of `openssl`'s making, with a certificate to check
//! it by: another's implementation of RFC 3161, for tests.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "test equipment")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::require;

const CONFIG: &str = "\
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[authority]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
";

/// An authority that lives as long as its folder.
#[derive(Debug)]
pub struct Authority(PathBuf);

impl Authority {
    /// Makes one in `folder`; none where there is no `openssl`.
    pub fn make(folder: &Path) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            require("openssl", "no `openssl`: run `cargo x setup`");
            return None;
        }
        std::fs::create_dir_all(folder).unwrap();
        let authority = Self(folder.to_owned());
        std::fs::write(folder.join("config"), CONFIG).unwrap();
        std::fs::write(folder.join("serial"), "01\n").unwrap();
        for words in [
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3650 -subj /CN=ca \
             -config config -extensions ca",
            "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa -config config",
            "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem \
             -days 3650 -extfile config -extensions tsa",
        ] {
            assert!(authority.openssl(words), "openssl {words}");
        }
        Some(authority)
    }

    /// The certificate that its stamps are checked by.
    pub fn certificate(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// The command line that answers a request on its input with a stamp on its output.
    pub fn command(&self) -> Vec<String> {
        let dir = self.0.display();
        let script = format!(
            "cd '{dir}' && cat > query && openssl ts -reply -queryfile query -config config \
             -section authority -signer tsa.pem -inkey tsa.key -out reply 2>/dev/null && cat reply"
        );
        ["sh", "-c", &script].map(str::to_owned).to_vec()
    }

    /// Its answer to a request.
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        std::fs::write(self.0.join("query"), request).unwrap();
        let words = "ts -reply -queryfile query -config config -section authority \
                     -signer tsa.pem -inkey tsa.key -out reply";
        assert!(self.openssl(words), "the authority does not answer");
        std::fs::read(self.0.join("reply")).unwrap()
    }

    /// Whether `openssl` finds that this response stamps these bytes.
    pub fn accepts(&self, bytes: &[u8], response: &[u8]) -> bool {
        std::fs::write(self.0.join("stamped"), bytes).unwrap();
        std::fs::write(self.0.join("response"), response).unwrap();
        self.openssl("ts -verify -data stamped -in response -CAfile ca.pem")
    }

    fn openssl(&self, words: &str) -> bool {
        let words = words.split_whitespace();
        let output = Command::new("openssl").args(words).current_dir(&self.0).output();
        output.unwrap().status.success()
    }
}
