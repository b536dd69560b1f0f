//! The table of secrets: what a secret looks like, one row each.
//!
//! A pattern is ASCII-minded (`\w`, `\s`, `\b` and `.` know bytes only) and replaces its capture
//! group if it has one, else its whole match. Each row has two hits and two near misses in
//! `fixtures/privacy/secrets.txt`.
//!
//! Patterns are written so that a search stays linear: what they read beyond a match is bounded.

use super::check::{self, Check};

pub(super) struct Rule {
    /// Stable: it stands in reports and configurations.
    pub(super) id: &'static str,
    pub(super) about: &'static str,
    pub(super) pattern: &'static str,
    /// The pattern has a capture group.
    pub(super) grouped: bool,
    pub(super) check: Option<Check>,
    pub(super) probe: Probe,
}

/// What tells cheaply that a rule may match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Probe {
    /// The anchors of its pattern.
    Anchors,
    /// A URL with a password.
    Userinfo,
    /// A long number.
    Number,
}

const fn rule(id: &'static str, about: &'static str, pattern: &'static str) -> Rule {
    Rule { id, about, pattern, grouped: captures(pattern), check: None, probe: Probe::Anchors }
}

/// Does a group of this pattern capture: an opening parenthesis neither escaped, nor in a class,
/// nor followed by `?`? (A test asks the parser the same.)
const fn captures(pattern: &str) -> bool {
    let mut rest = pattern.as_bytes();
    let mut class = false;
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'\\', [_, after @ ..]) => rest = after,
            (b'[', _) => class = true,
            (b']', _) => class = false,
            (b'(', [b'?', ..]) => {}
            (b'(', _) if !class => return true,
            _ => {}
        }
    }
    false
}

impl Rule {
    const fn check(self, check: Check) -> Rule {
        Rule { check: Some(check), ..self }
    }

    const fn probe(self, probe: Probe) -> Rule {
        Rule { probe, ..self }
    }
}

/// Between a name and its value: `=`, `: `, `" : "`, also inside JSON that was quoted once more.
macro_rules! is {
    () => {
        r#"\\{0,2}["']?\s{0,3}(?::=|=>|[:=])\s{0,3}\\{0,2}["']?"#
    };
}

pub(super) const RULES: &[Rule] = &[
    // Clouds.
    rule("aws-access-key-id", "AWS access key id", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    rule(
        "aws-secret-access-key",
        "AWS secret access key beside its name",
        concat!(r"(?i:secret_?access_?key|aws_secret_key)", is!(), "([A-Za-z0-9/+]{40})"),
    )
    .check(check::random),
    rule(
        "aws-session-token",
        "AWS session token beside its name",
        concat!("(?i:session_?token|security_?token)", is!(), "([A-Za-z0-9/+=]{100,})"),
    ),
    rule("gcp-api-key", "Google API key", r"AIza[A-Za-z0-9_-]{35,}"),
    rule("gcp-access-token", "Google OAuth access token", r"ya29\.[A-Za-z0-9_-]{20,}"),
    rule("gcp-refresh-token", "Google OAuth refresh token", r"\b1//0[A-Za-z0-9_-]{30,}"),
    rule("gcp-client-secret", "Google OAuth client secret", r"GOCSPX-[A-Za-z0-9_-]{24,}"),
    rule(
        "gcp-service-account",
        "Private key of a Google service account file",
        r#""private_key(?:_id)?\\{0,2}"\s{0,3}:\s{0,3}\\{0,2}"([^"]{20,})"#,
    ),
    rule(
        "azure-account-key",
        "Azure storage account key",
        r"(?i:AccountKey)=([A-Za-z0-9+/]{60,}={0,2})",
    ),
    rule(
        "azure-shared-access-key",
        "Azure Service Bus or Event Hubs key",
        r"(?i:SharedAccessKey|SharedSecretValue)=([A-Za-z0-9+/]{30,}={0,2})",
    ),
    rule("azure-sas", "Signature of an Azure SAS URL", r"(?i:[?&]sig)=([A-Za-z0-9%+/]{30,}=?)"),
    rule("azure-client-secret", "Azure AD client secret", r"[\w~.-]{3}[78]Q~[\w~.-]{31,}"),
    rule("azure-devops-token", "Azure DevOps token", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"),
    rule("alibaba-access-key", "Alibaba Cloud access key id", r"LTAI[A-Za-z0-9]{17,21}\b"),
    rule("digitalocean-token", "DigitalOcean token", r"do[opr]_v1_[a-f0-9]{64}"),
    rule("heroku-api-key", "Heroku API key", r"HRKU-[A-Za-z0-9_-]{36,}"),
    rule("cloudflare-origin-key", "Cloudflare Origin CA key", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}"),
    rule(
        "cloudflare-token",
        "Cloudflare token or key beside its name",
        concat!(
            "(?i:cloudflare_(?:api_)?(?:token|key)|cf_api_(?:token|key)|x-auth-key)",
            is!(),
            "([A-Za-z0-9_-]{37,45})",
        ),
    ),
    rule("flyio-token", "Fly.io token", r"FlyV1\s(fm[12][ar]?_[A-Za-z0-9+/=,_-]{40,})"),
    rule("netlify-token", "Netlify token", r"\bnfp_[A-Za-z0-9_]{36,}"),
    rule("pulumi-token", "Pulumi token", r"\bpul-[a-f0-9]{40}"),
    rule("terraform-token", "Terraform Cloud token", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}"),
    rule("vault-token", "HashiCorp Vault token", r"\bhv[bsr]\.[A-Za-z0-9_-]{24,}"),
    rule("doppler-token", "Doppler token", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}"),
    rule("tailscale-key", "Tailscale key", r"tskey-[a-z]{2,12}-[A-Za-z0-9-]{16,}"),
    rule("onepassword-token", "1Password service account token", r"\bops_eyJ[A-Za-z0-9_=-]{100,}"),
    // Code and packages.
    rule("github-token", "GitHub token", r"gh[oprsu]_[A-Za-z0-9]{36,}"),
    rule("github-fine-grained", "GitHub fine-grained token", r"github_pat_[A-Za-z0-9_]{30,}"),
    rule(
        "gitlab-token",
        "GitLab token",
        r"gl(?:pat|dt|rtr?|ft|soat|cbt|ptt|imt|agent|oas|ffct)-[\w.-]{20,}",
    ),
    rule("gitlab-runner-token", "GitLab runner registration token", r"GR1348941[\w-]{20,}"),
    rule("atlassian-token", "Atlassian or Bitbucket token", r"AT(?:ATT3|CTT3|BB)[\w=-]{24,}"),
    rule("linear-key", "Linear key", r"\blin_(?:api|oauth|wh)_[A-Za-z0-9]{32,}"),
    rule("npm-token", "npm token", r"\bnpm_[A-Za-z0-9]{36,}"),
    rule("npmrc-auth", "Token in an .npmrc", r#"_auth(?:Token)?\s?=\s?["']?([^\s"'$]{8,})"#),
    rule("pypi-token", "PyPI token", r"pypi-AgE[A-Za-z0-9_-]{50,}"),
    rule("rubygems-key", "RubyGems key", r"rubygems_[a-f0-9]{48}"),
    rule("docker-token", "Docker Hub token", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}"),
    rule(
        "docker-auth",
        "Credentials in a Docker configuration",
        r#""auth\\{0,2}"\s{0,3}:\s{0,3}\\{0,2}"([A-Za-z0-9+/]{8,}={0,2})"#,
    )
    .check(check::basic),
    rule("artifactory-key", "Artifactory key", r"\bAKCp[A-Za-z0-9]{60,}"),
    rule("circleci-token", "CircleCI token", r"CCIPAT_[A-Za-z0-9_]{20,}"),
    rule("buildkite-token", "Buildkite token", r"\bbk(?:ua|at|pt)_[a-f0-9]{40}"),
    rule("postman-key", "Postman key", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    // Models and agents.
    rule("openai-project-key", "OpenAI key", r"\bsk-(?:proj|svcacct|admin|None)-[\w-]{40,}"),
    rule("openai-key", "OpenAI key, old form, and those who copy it", r"\bsk-[A-Za-z0-9]{40,}"),
    rule("anthropic-key", "Anthropic key", r"sk-ant-[A-Za-z0-9_-]{24,}"),
    rule("openrouter-key", "OpenRouter key", r"sk-or-v1-[a-f0-9]{64}"),
    rule("langfuse-key", "Langfuse secret key", r"sk-lf-[a-f0-9-]{36}"),
    rule("langsmith-key", "LangSmith key", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    rule("huggingface-token", "Hugging Face token", r"\b(?:hf|api_org)_[A-Za-z0-9]{34,}"),
    rule("replicate-token", "Replicate token", r"\br8_[A-Za-z0-9]{37,}"),
    rule("groq-key", "Groq key", r"\bgsk_[A-Za-z0-9]{48,}"),
    rule("xai-key", "xAI key", r"\bxai-[A-Za-z0-9]{70,}"),
    rule("perplexity-key", "Perplexity key", r"pplx-[A-Za-z0-9]{40,}"),
    rule("pinecone-key", "Pinecone key", r"pcsk_[A-Za-z0-9_]{40,}"),
    rule("tavily-key", "Tavily key", r"tvly-[A-Za-z0-9-]{20,}"),
    rule("tachograph-key", "Tachograph API key", r"tacho_[wra]_[A-Za-z0-9]{30,}"),
    // Messages and people.
    rule("slack-token", "Slack token", r"xox[a-eoprs]-(?:[0-9]+-)?[A-Za-z0-9-]{10,}"),
    rule("slack-app-token", "Slack app token", r"xapp-[0-9]-[A-Z0-9]{6,}-[0-9]+-[a-f0-9]{20,}"),
    rule(
        "slack-webhook",
        "Slack webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]{20,})",
    ),
    rule(
        "discord-bot-token",
        "Discord bot token",
        concat!(
            r"(?:Bot |(?i:discord_?(?:bot_?)?token|bot_?token)",
            is!(),
            r")([MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,})",
        ),
    ),
    rule(
        "discord-webhook",
        "Discord webhook",
        r"discord(?:app)?\.com/api/webhooks/[0-9]+/([\w-]{60,})",
    ),
    rule("telegram-token", "Telegram bot token", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}"),
    rule(
        "twilio-secret",
        "Twilio token or secret beside its name",
        concat!(
            "(?i:twilio_?(?:auth_?token|token|api_?key|api_?secret|secret))",
            is!(),
            r"([A-Za-z0-9]{32,34})\b",
        ),
    ),
    rule("sendgrid-key", "SendGrid key", r"\bSG\.[\w-]{16,32}\.[\w-]{32,64}"),
    rule("mailgun-key", "Mailgun key", r"\bkey-[a-f0-9]{32}\b"),
    rule("mailchimp-key", "Mailchimp key", r"\b[a-f0-9]{32}-us[0-9]{1,2}\b"),
    rule("brevo-key", "Brevo key", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    rule("notion-token", "Notion token", r"\bntn_[A-Za-z0-9]{40,}"),
    rule("figma-token", "Figma token", r"\bfig[dou]r?_[A-Za-z0-9_-]{40,}"),
    rule(
        "airtable-token",
        "Airtable token beside its name",
        concat!("(?i:airtable[a-z_]{0,20})", is!(), r"(pat[A-Za-z0-9]{14}\.[a-f0-9]{64})"),
    ),
    rule(
        "hubspot-token",
        "HubSpot private app token",
        r"\bpat-(?:na|eu|ap)[0-9]-[a-f0-9]{8}-[a-f0-9-]{27}",
    ),
    // Money and shops.
    rule("stripe-key", "Stripe secret key", r"\b[rs]k_(?:live|test|prod)_[A-Za-z0-9]{16,}"),
    rule("stripe-webhook", "Stripe webhook secret", r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    rule("square-token", "Square token", r"\bEAAA[\w-]{56,}|\bsq0(?:atp|csp|idp)-[\w-]{22,}"),
    rule("shopify-token", "Shopify token", r"shp(?:at|ca|pa|ss|tka)_[a-fA-F0-9]{32}"),
    rule(
        "braintree-token",
        "PayPal Braintree access token",
        r"access_token\$production\$[a-z0-9]{16}\$[a-f0-9]{32}",
    ),
    rule("shippo-token", "Shippo token", r"shippo_(?:live|test)_[a-f0-9]{40}"),
    rule(
        "card-number",
        "Payment card number with its check digit",
        concat!(
            r"\b(?:[2-6][0-9]{13,18}|[2-6][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4,7}",
            r"|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5})\b",
        ),
    )
    .check(check::card)
    .probe(Probe::Number),
    rule(
        "iban",
        "International bank account number with its check digits",
        r"\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b",
    )
    .check(check::iban)
    .probe(Probe::Number),
    rule(
        "social-security-number",
        "US social security number beside its name",
        concat!(
            r"(?i:\bssn[ \t:=#.(-]|social security)[^\n0-9]{0,20}",
            r"([0-9]{3}[- ][0-9]{2}[- ][0-9]{4}|[0-9]{9})\b",
        ),
    )
    .check(check::social_security),
    // Watching and data.
    rule("grafana-token", "Grafana token", r"\bgl(?:sa|c)_[A-Za-z0-9+/_=-]{32,}"),
    rule("databricks-token", "Databricks token", r"\bdapi[a-f0-9]{32}(?:-[0-9])?\b"),
    rule(
        "datadog-key",
        "Datadog key beside its name",
        concat!(
            r"(?i:\bdd_(?:api_|app_)key|datadog_(?:api_|app_|application_)key|dd-api-key)",
            is!(),
            "([a-f0-9]{32,40})",
        ),
    ),
    rule("newrelic-key", "New Relic key", r"\bNRAK-[A-Z0-9]{27}"),
    rule("sentry-token", "Sentry token", r"\bsntry[su]_[A-Za-z0-9+/=_-]{40,}"),
    rule("dynatrace-token", "Dynatrace token", r"dt0[cs][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    rule("planetscale-token", "PlanetScale token", r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,}"),
    rule("supabase-token", "Supabase token", r"\bsbp_[a-f0-9]{40}|sb_secret_[\w-]{20,}"),
    rule("okta-token", "Okta token", r"SSWS (00[A-Za-z0-9_-]{38,})"),
    // Keys and tokens of nobody in particular.
    rule(
        "private-key",
        "Private key block: PEM, OpenSSH, PGP",
        concat!(
            "-----BEGIN[A-Z0-9 ]{0,40} PRIVATE KEY(?: BLOCK)?-----",
            r"(?:[A-Za-z0-9+/=\s\\:,.()]|-[A-Za-z0-9]){32,}(?:-----END[A-Z0-9 ]{0,60}-----)?",
        ),
    ),
    rule("putty-key", "PuTTY private key", r"Private-Lines: [0-9]{1,3}([A-Za-z0-9+/=\s\\]{32,})"),
    rule("age-key", "age secret key", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    rule("wireguard-key", "WireGuard key", r"P(?:rivate|reshared)Key\s?=\s?([A-Za-z0-9+/]{43}=)"),
    rule("jwt", "JSON Web Token", r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    rule(
        "jwe",
        "Encrypted JSON Web Token",
        r"eyJ[\w-]{8,}\.[\w-]*\.[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}",
    ),
    rule("bearer-token", "Bearer token", r"(?i:\bbearer)[ \t]{1,3}([A-Za-z0-9._~+/-]{16,}={0,2})")
        .check(check::token),
    rule("basic-auth", "HTTP Basic credentials", r"(?i:\bbasic)[ \t]{1,3}([A-Za-z0-9+/]{8,}={0,2})")
        .check(check::basic),
    rule(
        "authorization-header",
        "Value of an Authorization header",
        concat!(
            r"(?i:\bauthorization)\\{0,2}[\x22']?\s{0,3}[:=]\s{0,3}\\{0,2}[\x22']?",
            r"(?i:[a-z][a-z0-9-]{2,20}\s{1,3})?([^\s\x22'\\]{8,})",
        ),
    )
    .check(check::token),
    rule(
        "key-header",
        "Key or token in an HTTP header",
        concat!(
            "(?i:x-(?:(?:goog-|functions-|rapid)?api-key|functions-key|(?:gitlab|vault|auth|access|api)-token",
            r"|shopify-access-token|amz-security-token|client-secret))\\{0,2}[\x22']?",
            r"\s{0,3}[:=]\s{0,3}\\{0,2}[\x22']?([^\s\x22'\\]{8,})",
        ),
    )
    .check(check::token),
    rule(
        "cookie-header",
        "Value of a Cookie or Set-Cookie header",
        r"(?i:\bcookie): {0,3}([\w.-]{1,80}=[^\r\n\x22']{4,})",
    ),
    rule("password-hash", "Hash of a password", r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}"),
    rule(
        "crypt-hash",
        "Hash of a password: SHA-512 crypt, yescrypt, argon2",
        concat!(
            r"\$6\$[./A-Za-z0-9=,$-]{1,80}\$[./A-Za-z0-9]{40,}",
            r"|\$(?:y\$j|argon2i?d?\$)[./A-Za-z0-9=,$-]{1,80}\$[./A-Za-z0-9+]{22,}",
        ),
    ),
    // Credentials on the way.
    rule(
        "url-password",
        "Password in a URL or connection string",
        r#"://[^\s/?#:@"'<>\\]{0,128}:([^\s/?#@"'<>\\]{1,256})@"#,
    )
    .probe(Probe::Userinfo),
    rule(
        "connection-string",
        "Password of an ADO, ODBC or JDBC connection string",
        r#"(?i:[;?&]\s?(?:password|pwd)) ?= ?([^\s;&"']{1,256})"#,
    ),
    rule(
        "environment-password",
        "Password in the environment of a database client",
        r#"\b(?:PGPASSWORD|MYSQL_PWD|REDISCLI_AUTH|SSHPASS)=["']?([^\s"']{1,256})"#,
    ),
    rule(
        "netrc",
        "Password in a .netrc",
        r"\bmachine\s{1,9}\S{1,253}\s{1,9}login\s{1,9}\S{1,128}\s{1,9}password\s{1,9}(\S{1,256})",
    ),
    rule(
        "curl-user",
        "Password given to curl",
        r#"\bcurl\b[^\n|;]{0,500}?\s(?:-u|--user|--proxy-user)[\s=]{0,2}["']?[^\s:"']{1,128}:([^\s"']{1,256})"#,
    ),
    rule(
        "command-password",
        "Secret given to a command as an option",
        concat!(
            r"--(?:password|passphrase|api-key|auth-token|access-token|secret-key)",
            r#"(?:=|\s{1,3})["']?([^\s"'$<-][^\s"']{3,255})"#,
        ),
    ),
    rule("sshpass", "Password given to sshpass", r#"\bsshpass {1,3}-p\s?["']?([^\s"']{1,256})"#),
    rule(
        "quoted-secret",
        "Quoted value beside the quoted name of a secret",
        concat!(
            r"(?i:password|passwd|passphrase|secret|api_?key|access_?token|refresh_?token",
            r#"|auth_?token|private_?key)\\{0,2}["']\s{0,3}[:=]\s{0,3}\\{0,2}["']"#,
            r#"([^"'\\\r\n]{4,1000})"#,
        ),
    )
    .check(check::filled),
    rule(
        "assigned-secret",
        "Value assigned to the name of a secret",
        concat!(
            "(?i:password|passwd|secret|token|api[_-]?key)",
            r#" ?(?::=|[:=])\s{0,3}["']?([^\s"',;]{8,256})"#,
        ),
    )
    .check(check::assigned),
    // Wallets.
    rule("extended-private-key", "BIP-32 private key", r"\b[tuvxyz]prv[1-9A-HJ-NP-Za-km-z]{100,}"),
    rule(
        "ethereum-key",
        "Ethereum private key beside its name",
        concat!("(?i:private_?key)", is!(), "((?:0x)?[a-fA-F0-9]{64})"),
    ),
    rule("nostr-key", "Nostr private key", r"\bnsec1[a-z0-9]{58}"),
    rule(
        "mnemonic",
        "Recovery phrase of a wallet beside its name",
        concat!(
            "(?i:mnemonic|(?:seed|recovery|secret)[ _]phrase)",
            is!(),
            r"\s?((?:[a-z]{3,8}\s){11,23}[a-z]{3,8})\b",
        ),
    ),
];
