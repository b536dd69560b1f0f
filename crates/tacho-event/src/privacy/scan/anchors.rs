//! The anchors of the table, derived from its patterns: `UPDATE=1 cargo test` writes them.

/// The id of a rule, and texts one of which stands in everything it matches.
#[rustfmt::skip]
pub(super) const ANCHORS: &[(&str, &[&str])] = &[
    ("aws-access-key-id", &[
        "abia", "acca", "akia", "asia",
    ]),
    ("aws-secret-access-key", &[
        "aws_secret_key", "secret_access_key", "secret_accesskey", "secretaccess_key",
        "secretaccesskey",
    ]),
    ("aws-session-token", &[
        "curity_token", "curitytoken", "ssion_token", "ssiontoken",
    ]),
    ("gcp-api-key", &[
        "aiza",
    ]),
    ("gcp-access-token", &[
        "ya29.",
    ]),
    ("gcp-refresh-token", &[
        "1//0",
    ]),
    ("gcp-client-secret", &[
        "gocspx-",
    ]),
    ("gcp-service-account", &[
        "\"private_key",
    ]),
    ("azure-account-key", &[
        "accountkey=",
    ]),
    ("azure-shared-access-key", &[
        "sharedaccesskey=", "sharedsecretvalue=",
    ]),
    ("azure-sas", &[
        "sig=",
    ]),
    ("azure-client-secret", &[
        "7q~-", "7q~.", "7q~0", "7q~1", "7q~2", "7q~3", "7q~4", "7q~5", "7q~6", "7q~7", "7q~8",
        "7q~9", "7q~_", "7q~a", "7q~b", "7q~c", "7q~d", "7q~e", "7q~f", "7q~g", "7q~h", "7q~i",
        "7q~j", "7q~k", "7q~l", "7q~m", "7q~n", "7q~o", "7q~p", "7q~q", "7q~r", "7q~s", "7q~t",
        "7q~u", "7q~v", "7q~w", "7q~x", "7q~y", "7q~z", "7q~~", "8q~-", "8q~.", "8q~0", "8q~1",
        "8q~2", "8q~3", "8q~4", "8q~5", "8q~6", "8q~7", "8q~8", "8q~9", "8q~_", "8q~a", "8q~b",
        "8q~c", "8q~d", "8q~e", "8q~f", "8q~g", "8q~h", "8q~i", "8q~j", "8q~k", "8q~l", "8q~m",
        "8q~n", "8q~o", "8q~p", "8q~q", "8q~r", "8q~s", "8q~t", "8q~u", "8q~v", "8q~w", "8q~x",
        "8q~y", "8q~z", "8q~~",
    ]),
    ("azure-devops-token", &[
        "azdo",
    ]),
    ("alibaba-access-key", &[
        "ltai",
    ]),
    ("digitalocean-token", &[
        "doo_v1_", "dop_v1_", "dor_v1_",
    ]),
    ("heroku-api-key", &[
        "hrku-",
    ]),
    ("cloudflare-origin-key", &[
        "v1.0-",
    ]),
    ("cloudflare-token", &[
        "cf_api_", "cloudflare_", "x-auth-key",
    ]),
    ("flyio-token", &[
        "flyv1",
    ]),
    ("netlify-token", &[
        "nfp_",
    ]),
    ("pulumi-token", &[
        "pul-",
    ]),
    ("terraform-token", &[
        ".atlasv1.",
    ]),
    ("vault-token", &[
        "hvb.", "hvr.", "hvs.",
    ]),
    ("doppler-token", &[
        "dp.audit.", "dp.ct.", "dp.pt.", "dp.sa.", "dp.scim.", "dp.st.",
    ]),
    ("tailscale-key", &[
        "tskey-",
    ]),
    ("onepassword-token", &[
        "ops_eyj",
    ]),
    ("github-token", &[
        "gho_", "ghp_", "ghr_", "ghs_", "ghu_",
    ]),
    ("github-fine-grained", &[
        "github_pat_",
    ]),
    ("gitlab-token", &[
        "glagent-", "glcbt-", "gldt-", "glffct-", "glft-", "glimt-", "gloas-", "glpat-", "glptt-",
        "glrt-", "glrtr-", "glsoat-",
    ]),
    ("gitlab-runner-token", &[
        "gr1348941",
    ]),
    ("atlassian-token", &[
        "atatt3", "atbb", "atctt3",
    ]),
    ("linear-key", &[
        "lin_api_", "lin_oauth_", "lin_wh_",
    ]),
    ("npm-token", &[
        "npm_",
    ]),
    ("npmrc-auth", &[
        "_auth\t=", "_auth\n=", "_auth\u{b}=", "_auth\u{c}=", "_auth\r=", "_auth =", "_auth=",
        "_authtoken\t=", "_authtoken\n=", "_authtoken\u{b}=", "_authtoken\u{c}=", "_authtoken\r=",
        "_authtoken =", "_authtoken=",
    ]),
    ("pypi-token", &[
        "pypi-age",
    ]),
    ("rubygems-key", &[
        "rubygems_",
    ]),
    ("docker-token", &[
        "dckr_oat_", "dckr_pat_",
    ]),
    ("docker-auth", &[
        "\"auth\"", "\"auth\\\"", "\"auth\\\\\"",
    ]),
    ("artifactory-key", &[
        "akcp",
    ]),
    ("circleci-token", &[
        "ccipat_",
    ]),
    ("buildkite-token", &[
        "bkat_", "bkpt_", "bkua_",
    ]),
    ("postman-key", &[
        "pmak-",
    ]),
    ("openai-project-key", &[
        "sk-admin-", "sk-none-", "sk-proj-", "sk-svcacct-",
    ]),
    ("openai-key", &[
        "sk-0", "sk-1", "sk-2", "sk-3", "sk-4", "sk-5", "sk-6", "sk-7", "sk-8", "sk-9", "sk-a",
        "sk-b", "sk-c", "sk-d", "sk-e", "sk-f", "sk-g", "sk-h", "sk-i", "sk-j", "sk-k", "sk-l",
        "sk-m", "sk-n", "sk-o", "sk-p", "sk-q", "sk-r", "sk-s", "sk-t", "sk-u", "sk-v", "sk-w",
        "sk-x", "sk-y", "sk-z",
    ]),
    ("anthropic-key", &[
        "sk-ant-",
    ]),
    ("openrouter-key", &[
        "sk-or-v1-",
    ]),
    ("langfuse-key", &[
        "sk-lf-",
    ]),
    ("langsmith-key", &[
        "lsv2_pt_", "lsv2_sk_",
    ]),
    ("huggingface-token", &[
        "api_org_0", "api_org_1", "api_org_2", "api_org_3", "api_org_4", "api_org_5", "api_org_6",
        "api_org_7", "api_org_8", "api_org_9", "api_org_a", "api_org_b", "api_org_c", "api_org_d",
        "api_org_e", "api_org_f", "api_org_g", "api_org_h", "api_org_i", "api_org_j", "api_org_k",
        "api_org_l", "api_org_m", "api_org_n", "api_org_o", "api_org_p", "api_org_q", "api_org_r",
        "api_org_s", "api_org_t", "api_org_u", "api_org_v", "api_org_w", "api_org_x", "api_org_y",
        "api_org_z", "hf_0", "hf_1", "hf_2", "hf_3", "hf_4", "hf_5", "hf_6", "hf_7", "hf_8", "hf_9",
        "hf_a", "hf_b", "hf_c", "hf_d", "hf_e", "hf_f", "hf_g", "hf_h", "hf_i", "hf_j", "hf_k",
        "hf_l", "hf_m", "hf_n", "hf_o", "hf_p", "hf_q", "hf_r", "hf_s", "hf_t", "hf_u", "hf_v",
        "hf_w", "hf_x", "hf_y", "hf_z",
    ]),
    ("replicate-token", &[
        "r8_0", "r8_1", "r8_2", "r8_3", "r8_4", "r8_5", "r8_6", "r8_7", "r8_8", "r8_9", "r8_a",
        "r8_b", "r8_c", "r8_d", "r8_e", "r8_f", "r8_g", "r8_h", "r8_i", "r8_j", "r8_k", "r8_l",
        "r8_m", "r8_n", "r8_o", "r8_p", "r8_q", "r8_r", "r8_s", "r8_t", "r8_u", "r8_v", "r8_w",
        "r8_x", "r8_y", "r8_z",
    ]),
    ("groq-key", &[
        "gsk_",
    ]),
    ("xai-key", &[
        "xai-",
    ]),
    ("perplexity-key", &[
        "pplx-",
    ]),
    ("pinecone-key", &[
        "pcsk_",
    ]),
    ("tavily-key", &[
        "tvly-",
    ]),
    ("tachograph-key", &[
        "tacho_",
    ]),
    ("slack-token", &[
        "xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-",
    ]),
    ("slack-app-token", &[
        "xapp-0-", "xapp-1-", "xapp-2-", "xapp-3-", "xapp-4-", "xapp-5-", "xapp-6-", "xapp-7-",
        "xapp-8-", "xapp-9-",
    ]),
    ("slack-webhook", &[
        "hooks.slack.com/",
    ]),
    ("discord-bot-token", &[
        "bot ", "bot_token", "bottoken", "discord_bot_token", "discord_bottoken", "discord_token",
        "discordbot_token", "discordbottoken", "discordtoken",
    ]),
    ("discord-webhook", &[
        ".com/api/webhooks/",
    ]),
    ("telegram-token", &[
        "0:aa", "1:aa", "2:aa", "3:aa", "4:aa", "5:aa", "6:aa", "7:aa", "8:aa", "9:aa",
    ]),
    ("twilio-secret", &[
        "twilio_api_key", "twilio_api_key\\", "twilio_api_key\\\\", "twilio_api_secret",
        "twilio_api_secret\\", "twilio_api_secret\\\\", "twilio_apikey", "twilio_apikey\\",
        "twilio_apikey\\\\", "twilio_apisecret", "twilio_apisecret\\", "twilio_apisecret\\\\",
        "twilio_auth_token", "twilio_auth_token\\", "twilio_auth_token\\\\", "twilio_authtoken",
        "twilio_authtoken\\", "twilio_authtoken\\\\", "twilio_secret", "twilio_secret\\",
        "twilio_secret\\\\", "twilio_token", "twilio_token\\", "twilio_token\\\\", "twilioapi_key",
        "twilioapi_key\\", "twilioapi_key\\\\", "twilioapi_secret", "twilioapi_secret\\",
        "twilioapi_secret\\\\", "twilioapikey", "twilioapikey\\", "twilioapikey\\\\",
        "twilioapisecret", "twilioapisecret\\", "twilioapisecret\\\\", "twilioauth_token",
        "twilioauth_token\\", "twilioauth_token\\\\", "twilioauthtoken", "twilioauthtoken\\",
        "twilioauthtoken\\\\", "twiliosecret", "twiliosecret\\", "twiliosecret\\\\", "twiliotoken",
        "twiliotoken\\", "twiliotoken\\\\",
    ]),
    ("sendgrid-key", &[
        "sg.-", "sg.0", "sg.1", "sg.2", "sg.3", "sg.4", "sg.5", "sg.6", "sg.7", "sg.8", "sg.9",
        "sg._", "sg.a", "sg.b", "sg.c", "sg.d", "sg.e", "sg.f", "sg.g", "sg.h", "sg.i", "sg.j",
        "sg.k", "sg.l", "sg.m", "sg.n", "sg.o", "sg.p", "sg.q", "sg.r", "sg.s", "sg.t", "sg.u",
        "sg.v", "sg.w", "sg.x", "sg.y", "sg.z",
    ]),
    ("mailgun-key", &[
        "key-",
    ]),
    ("mailchimp-key", &[
        "-us0", "-us1", "-us2", "-us3", "-us4", "-us5", "-us6", "-us7", "-us8", "-us9",
    ]),
    ("brevo-key", &[
        "xkeysib-",
    ]),
    ("notion-token", &[
        "ntn_",
    ]),
    ("figma-token", &[
        "figd_", "figdr_", "figo_", "figor_", "figu_", "figur_",
    ]),
    ("airtable-token", &[
        "airtable",
    ]),
    ("hubspot-token", &[
        "pat-ap", "pat-eu", "pat-na",
    ]),
    ("stripe-key", &[
        "rk_live_", "rk_prod_", "rk_test_", "sk_live_", "sk_prod_", "sk_test_",
    ]),
    ("stripe-webhook", &[
        "whsec_",
    ]),
    ("square-token", &[
        "eaaa", "sq0atp-", "sq0csp-", "sq0idp-",
    ]),
    ("shopify-token", &[
        "shpat_", "shpca_", "shppa_", "shpss_", "shptka_",
    ]),
    ("braintree-token", &[
        "access_token$production$",
    ]),
    ("shippo-token", &[
        "shippo_live_", "shippo_test_",
    ]),
    ("social-security-number", &[
        "social security", "ssn\t", "ssn ", "ssn#", "ssn(", "ssn-", "ssn.", "ssn:", "ssn=",
    ]),
    ("grafana-token", &[
        "glc_", "glsa_",
    ]),
    ("databricks-token", &[
        "dapi",
    ]),
    ("datadog-key", &[
        "datadog_ap", "dd-api-key", "dd_api_key", "dd_app_key",
    ]),
    ("newrelic-key", &[
        "nrak-",
    ]),
    ("sentry-token", &[
        "sntrys_", "sntryu_",
    ]),
    ("dynatrace-token", &[
        "dt0c", "dt0s",
    ]),
    ("planetscale-token", &[
        "pscale_oauth_", "pscale_pw_", "pscale_tkn_",
    ]),
    ("supabase-token", &[
        "sb_secret_", "sbp_",
    ]),
    ("okta-token", &[
        "ssws ",
    ]),
    ("private-key", &[
        "-----begin",
    ]),
    ("putty-key", &[
        "private-lines: ",
    ]),
    ("age-key", &[
        "age-secret-key-1",
    ]),
    ("wireguard-key", &[
        "presharedkey\t=", "presharedkey\n=", "presharedkey\u{b}=", "presharedkey\u{c}=",
        "presharedkey\r=", "presharedkey =", "presharedkey=", "privatekey\t=", "privatekey\n=",
        "privatekey\u{b}=", "privatekey\u{c}=", "privatekey\r=", "privatekey =", "privatekey=",
    ]),
    ("jwt", &[
        ".eyj",
    ]),
    ("jwe", &[
        "eyj-", "eyj0", "eyj1", "eyj2", "eyj3", "eyj4", "eyj5", "eyj6", "eyj7", "eyj8", "eyj9",
        "eyj_", "eyja", "eyjb", "eyjc", "eyjd", "eyje", "eyjf", "eyjg", "eyjh", "eyji", "eyjj",
        "eyjk", "eyjl", "eyjm", "eyjn", "eyjo", "eyjp", "eyjq", "eyjr", "eyjs", "eyjt", "eyju",
        "eyjv", "eyjw", "eyjx", "eyjy", "eyjz",
    ]),
    ("bearer-token", &[
        "bearer\t", "bearer\t\t", "bearer\t\t\t", "bearer\t\t ", "bearer\t ", "bearer\t \t",
        "bearer\t  ", "bearer ", "bearer \t", "bearer \t\t", "bearer \t ", "bearer  ", "bearer  \t",
        "bearer   ",
    ]),
    ("basic-auth", &[
        "basic\t", "basic\t\t", "basic\t\t\t", "basic\t\t ", "basic\t ", "basic\t \t", "basic\t  ",
        "basic ", "basic \t", "basic \t\t", "basic \t ", "basic  ", "basic  \t", "basic   ",
    ]),
    ("authorization-header", &[
        "authorization",
    ]),
    ("key-header", &[
        "access-token", "amz-security-tok", "api-key", "api-token", "auth-token", "client-secret",
        "functions-key", "gitlab-token", "shopify-access-t", "vault-token",
    ]),
    ("cookie-header", &[
        "cookie:",
    ]),
    ("password-hash", &[
        "$2a$", "$2b$", "$2x$", "$2y$",
    ]),
    ("crypt-hash", &[
        "$6$$", "$6$,", "$6$-", "$6$.", "$6$/", "$6$0", "$6$1", "$6$2", "$6$3", "$6$4", "$6$5",
        "$6$6", "$6$7", "$6$8", "$6$9", "$6$=", "$6$a", "$6$b", "$6$c", "$6$d", "$6$e", "$6$f",
        "$6$g", "$6$h", "$6$i", "$6$j", "$6$k", "$6$l", "$6$m", "$6$n", "$6$o", "$6$p", "$6$q",
        "$6$r", "$6$s", "$6$t", "$6$u", "$6$v", "$6$w", "$6$x", "$6$y", "$6$z", "$argon2", "$y$j",
    ]),
    ("connection-string", &[
        "password =", "password=", "pwd =", "pwd=",
    ]),
    ("environment-password", &[
        "mysql_pwd=", "pgpassword=", "rediscli_auth=", "sshpass=",
    ]),
    ("netrc", &[
        "\tpassword", "\npassword", "\u{b}password", "\u{c}password", "\rpassword", " password",
    ]),
    ("curl-user", &[
        "curl",
    ]),
    ("command-password", &[
        "--access-token", "--api-key", "--auth-token", "--passphrase", "--password", "--secret-key",
    ]),
    ("sshpass", &[
        "sshpass   -p", "sshpass  -p", "sshpass -p",
    ]),
    ("quoted-secret", &[
        "cret\"", "cret'", "cret\\\"", "cret\\'", "cret\\\\\"", "cret\\\\'", "e_key\"", "e_key'",
        "e_key\\\"", "e_key\\'", "e_key\\\\\"", "e_key\\\\'", "ekey\"", "ekey'", "ekey\\\"",
        "ekey\\'", "ekey\\\\\"", "ekey\\\\'", "i_key\"", "i_key'", "i_key\\\"", "i_key\\'",
        "i_key\\\\\"", "i_key\\\\'", "ikey\"", "ikey'", "ikey\\\"", "ikey\\'", "ikey\\\\\"",
        "ikey\\\\'", "oken\"", "oken'", "oken\\\"", "oken\\'", "oken\\\\\"", "oken\\\\'", "rase\"",
        "rase'", "rase\\\"", "rase\\'", "rase\\\\\"", "rase\\\\'", "sswd\"", "sswd'", "sswd\\\"",
        "sswd\\'", "sswd\\\\\"", "sswd\\\\'", "word\"", "word'", "word\\\"", "word\\'",
        "word\\\\\"", "word\\\\'",
    ]),
    ("assigned-secret", &[
        "cret :", "cret :=", "cret =", "cret:", "cret:=", "cret=", "i-key :", "i-key :=", "i-key =",
        "i-key:", "i-key:=", "i-key=", "i_key :", "i_key :=", "i_key =", "i_key:", "i_key:=",
        "i_key=", "ikey :", "ikey :=", "ikey =", "ikey:", "ikey:=", "ikey=", "oken :", "oken :=",
        "oken =", "oken:", "oken:=", "oken=", "sswd :", "sswd :=", "sswd =", "sswd:", "sswd:=",
        "sswd=", "word :", "word :=", "word =", "word:", "word:=", "word=",
    ]),
    ("extended-private-key", &[
        "tprv", "uprv", "vprv", "xprv", "yprv", "zprv",
    ]),
    ("ethereum-key", &[
        "private_key", "privatekey",
    ]),
    ("nostr-key", &[
        "nsec1",
    ]),
    ("mnemonic", &[
        " phrase", "_phrase", "mnemonic",
    ]),
];
