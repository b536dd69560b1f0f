//! The anchors of the table, derived from its patterns: `UPDATE=1 cargo test` writes them.

/// The id of a rule, and texts one of which stands in everything it matches, each with
/// the begin of its window.
#[rustfmt::skip]
pub(super) const ANCHORS: &[(&str, &[(u8, &str)])] = &[
    ("aws-access-key-id", &[
        (0, "abia"), (0, "acca"), (0, "akia"), (0, "asia"),
    ]),
    ("aws-secret-access-key", &[
        (9, "aws_secret_key"), (12, "secret_access_key"), (11, "secret_accesskey"),
        (11, "secretaccess_key"), (10, "secretaccesskey"),
    ]),
    ("aws-session-token", &[
        (4, "curity_token"), (4, "curitytoken"), (4, "ssion_token"), (3, "ssiontoken"),
    ]),
    ("gcp-api-key", &[
        (0, "aiza"),
    ]),
    ("gcp-access-token", &[
        (1, "ya29."),
    ]),
    ("gcp-refresh-token", &[
        (0, "1//0"),
    ]),
    ("gcp-client-secret", &[
        (3, "gocspx-"),
    ]),
    ("gcp-service-account", &[
        (7, "\"private_key"),
    ]),
    ("azure-account-key", &[
        (5, "accountkey="),
    ]),
    ("azure-shared-access-key", &[
        (10, "sharedaccesskey="), (0, "sharedsecretvalue="),
    ]),
    ("azure-sas", &[
        (0, "sig="),
    ]),
    ("azure-client-secret", &[
        (0, "7q~-"), (0, "7q~."), (0, "7q~0"), (0, "7q~1"), (0, "7q~2"), (0, "7q~3"), (0, "7q~4"),
        (0, "7q~5"), (0, "7q~6"), (0, "7q~7"), (0, "7q~8"), (0, "7q~9"), (0, "7q~_"), (0, "7q~a"),
        (0, "7q~b"), (0, "7q~c"), (0, "7q~d"), (0, "7q~e"), (0, "7q~f"), (0, "7q~g"), (0, "7q~h"),
        (0, "7q~i"), (0, "7q~j"), (0, "7q~k"), (0, "7q~l"), (0, "7q~m"), (0, "7q~n"), (0, "7q~o"),
        (0, "7q~p"), (0, "7q~q"), (0, "7q~r"), (0, "7q~s"), (0, "7q~t"), (0, "7q~u"), (0, "7q~v"),
        (0, "7q~w"), (0, "7q~x"), (0, "7q~y"), (0, "7q~z"), (0, "7q~~"), (0, "8q~-"), (0, "8q~."),
        (0, "8q~0"), (0, "8q~1"), (0, "8q~2"), (0, "8q~3"), (0, "8q~4"), (0, "8q~5"), (0, "8q~6"),
        (0, "8q~7"), (0, "8q~8"), (0, "8q~9"), (0, "8q~_"), (0, "8q~a"), (0, "8q~b"), (0, "8q~c"),
        (0, "8q~d"), (0, "8q~e"), (0, "8q~f"), (0, "8q~g"), (0, "8q~h"), (0, "8q~i"), (0, "8q~j"),
        (0, "8q~k"), (0, "8q~l"), (0, "8q~m"), (0, "8q~n"), (0, "8q~o"), (0, "8q~p"), (0, "8q~q"),
        (0, "8q~r"), (0, "8q~s"), (0, "8q~t"), (0, "8q~u"), (0, "8q~v"), (0, "8q~w"), (0, "8q~x"),
        (0, "8q~y"), (0, "8q~z"), (0, "8q~~"),
    ]),
    ("azure-devops-token", &[
        (0, "azdo"),
    ]),
    ("alibaba-access-key", &[
        (0, "ltai"),
    ]),
    ("digitalocean-token", &[
        (3, "doo_v1_"), (2, "dop_v1_"), (3, "dor_v1_"),
    ]),
    ("heroku-api-key", &[
        (1, "hrku-"),
    ]),
    ("cloudflare-origin-key", &[
        (0, "v1.0-"),
    ]),
    ("cloudflare-token", &[
        (0, "cf_api_"), (3, "cloudflare_"), (5, "x-auth-key"),
    ]),
    ("flyio-token", &[
        (1, "flyv1"),
    ]),
    ("netlify-token", &[
        (0, "nfp_"),
    ]),
    ("pulumi-token", &[
        (0, "pul-"),
    ]),
    ("terraform-token", &[
        (5, ".atlasv1."),
    ]),
    ("vault-token", &[
        (0, "hvb."), (0, "hvr."), (0, "hvs."),
    ]),
    ("doppler-token", &[
        (0, "dp.audit."), (0, "dp.ct."), (0, "dp.pt."), (0, "dp.sa."), (0, "dp.scim."),
        (0, "dp.st."),
    ]),
    ("tailscale-key", &[
        (0, "tskey-"),
    ]),
    ("onepassword-token", &[
        (3, "ops_eyj"),
    ]),
    ("github-token", &[
        (0, "gho_"), (0, "ghp_"), (0, "ghr_"), (0, "ghs_"), (0, "ghu_"),
    ]),
    ("github-fine-grained", &[
        (4, "github_pat_"),
    ]),
    ("gitlab-token", &[
        (0, "glagent-"), (0, "glcbt-"), (0, "gldt-"), (0, "glffct-"), (0, "glft-"), (2, "glimt-"),
        (0, "gloas-"), (0, "glpat-"), (0, "glptt-"), (0, "glrt-"), (0, "glrtr-"), (0, "glsoat-"),
    ]),
    ("gitlab-runner-token", &[
        (2, "gr1348941"),
    ]),
    ("atlassian-token", &[
        (2, "atatt3"), (0, "atbb"), (2, "atctt3"),
    ]),
    ("linear-key", &[
        (2, "lin_api_"), (1, "lin_oauth_"), (3, "lin_wh_"),
    ]),
    ("npm-token", &[
        (0, "npm_"),
    ]),
    ("npmrc-auth", &[
        (0, "_auth"),
    ]),
    ("pypi-token", &[
        (0, "pypi-age"),
    ]),
    ("rubygems-key", &[
        (1, "rubygems_"),
    ]),
    ("docker-token", &[
        (0, "dckr_oat_"), (0, "dckr_pat_"),
    ]),
    ("docker-auth", &[
        (0, "\"auth"),
    ]),
    ("artifactory-key", &[
        (0, "akcp"),
    ]),
    ("circleci-token", &[
        (0, "ccipat_"),
    ]),
    ("buildkite-token", &[
        (0, "bkat_"), (0, "bkpt_"), (0, "bkua_"),
    ]),
    ("postman-key", &[
        (1, "pmak-"),
    ]),
    ("openai-project-key", &[
        (0, "sk-admin-"), (0, "sk-none-"), (4, "sk-proj-"), (0, "sk-svcacct-"),
    ]),
    ("openai-key", &[
        (0, "sk-0"), (0, "sk-1"), (0, "sk-2"), (0, "sk-3"), (0, "sk-4"), (0, "sk-5"), (0, "sk-6"),
        (0, "sk-7"), (0, "sk-8"), (0, "sk-9"), (0, "sk-a"), (0, "sk-b"), (0, "sk-c"), (0, "sk-d"),
        (0, "sk-e"), (0, "sk-f"), (0, "sk-g"), (0, "sk-h"), (0, "sk-i"), (0, "sk-j"), (0, "sk-k"),
        (0, "sk-l"), (0, "sk-m"), (0, "sk-n"), (0, "sk-o"), (0, "sk-p"), (0, "sk-q"), (0, "sk-r"),
        (0, "sk-s"), (0, "sk-t"), (0, "sk-u"), (0, "sk-v"), (0, "sk-w"), (0, "sk-x"), (0, "sk-y"),
        (0, "sk-z"),
    ]),
    ("anthropic-key", &[
        (0, "sk-ant-"),
    ]),
    ("openrouter-key", &[
        (5, "sk-or-v1-"),
    ]),
    ("langfuse-key", &[
        (0, "sk-lf-"),
    ]),
    ("langsmith-key", &[
        (2, "lsv2_pt_"), (4, "lsv2_sk_"),
    ]),
    ("huggingface-token", &[
        (5, "api_org_0"), (5, "api_org_1"), (5, "api_org_2"), (5, "api_org_3"), (5, "api_org_4"),
        (5, "api_org_5"), (5, "api_org_6"), (5, "api_org_7"), (5, "api_org_8"), (5, "api_org_9"),
        (5, "api_org_a"), (5, "api_org_b"), (5, "api_org_c"), (5, "api_org_d"), (5, "api_org_e"),
        (5, "api_org_f"), (5, "api_org_g"), (5, "api_org_h"), (5, "api_org_i"), (5, "api_org_j"),
        (5, "api_org_k"), (5, "api_org_l"), (5, "api_org_m"), (5, "api_org_n"), (5, "api_org_o"),
        (5, "api_org_p"), (5, "api_org_q"), (5, "api_org_r"), (5, "api_org_s"), (5, "api_org_t"),
        (5, "api_org_u"), (5, "api_org_v"), (5, "api_org_w"), (5, "api_org_x"), (5, "api_org_y"),
        (5, "api_org_z"), (0, "hf_0"), (0, "hf_1"), (0, "hf_2"), (0, "hf_3"), (0, "hf_4"),
        (0, "hf_5"), (0, "hf_6"), (0, "hf_7"), (0, "hf_8"), (0, "hf_9"), (0, "hf_a"), (0, "hf_b"),
        (0, "hf_c"), (0, "hf_d"), (0, "hf_e"), (0, "hf_f"), (0, "hf_g"), (0, "hf_h"), (0, "hf_i"),
        (0, "hf_j"), (0, "hf_k"), (0, "hf_l"), (0, "hf_m"), (0, "hf_n"), (0, "hf_o"), (0, "hf_p"),
        (0, "hf_q"), (0, "hf_r"), (0, "hf_s"), (0, "hf_t"), (0, "hf_u"), (0, "hf_v"), (0, "hf_w"),
        (0, "hf_x"), (0, "hf_y"), (0, "hf_z"),
    ]),
    ("replicate-token", &[
        (0, "r8_0"), (0, "r8_1"), (0, "r8_2"), (0, "r8_3"), (0, "r8_4"), (0, "r8_5"), (0, "r8_6"),
        (0, "r8_7"), (0, "r8_8"), (0, "r8_9"), (0, "r8_a"), (0, "r8_b"), (0, "r8_c"), (0, "r8_d"),
        (0, "r8_e"), (0, "r8_f"), (0, "r8_g"), (0, "r8_h"), (0, "r8_i"), (0, "r8_j"), (0, "r8_k"),
        (0, "r8_l"), (0, "r8_m"), (0, "r8_n"), (0, "r8_o"), (0, "r8_p"), (0, "r8_q"), (0, "r8_r"),
        (0, "r8_s"), (0, "r8_t"), (0, "r8_u"), (0, "r8_v"), (0, "r8_w"), (0, "r8_x"), (0, "r8_y"),
        (0, "r8_z"),
    ]),
    ("groq-key", &[
        (0, "gsk_"),
    ]),
    ("xai-key", &[
        (0, "xai-"),
    ]),
    ("perplexity-key", &[
        (1, "pplx-"),
    ]),
    ("pinecone-key", &[
        (1, "pcsk_"),
    ]),
    ("tavily-key", &[
        (1, "tvly-"),
    ]),
    ("tachograph-key", &[
        (2, "tacho_"),
    ]),
    ("slack-token", &[
        (0, "xoxa-"), (0, "xoxb-"), (0, "xoxc-"), (0, "xoxd-"), (0, "xoxe-"), (0, "xoxo-"),
        (0, "xoxp-"), (0, "xoxr-"), (0, "xoxs-"),
    ]),
    ("slack-app-token", &[
        (2, "xapp-0-"), (2, "xapp-1-"), (2, "xapp-2-"), (2, "xapp-3-"), (2, "xapp-4-"),
        (2, "xapp-5-"), (2, "xapp-6-"), (2, "xapp-7-"), (2, "xapp-8-"), (2, "xapp-9-"),
    ]),
    ("slack-webhook", &[
        (9, "hooks.slack.com/"),
    ]),
    ("discord-bot-token", &[
        (0, "bot "), (0, "bot_token"), (0, "bottoken"), (6, "discord_bot_token"),
        (6, "discord_bottoken"), (5, "discord_token"), (5, "discordbot_token"),
        (5, "discordbottoken"), (5, "discordtoken"),
    ]),
    ("discord-webhook", &[
        (7, ".com/api/webhooks/"),
    ]),
    ("telegram-token", &[
        (0, "0:aa"), (0, "1:aa"), (0, "2:aa"), (0, "3:aa"), (0, "4:aa"), (0, "5:aa"), (0, "6:aa"),
        (0, "7:aa"), (0, "8:aa"), (0, "9:aa"),
    ]),
    ("twilio-secret", &[
        (9, "twilio_api_key"), (0, "twilio_api_secret"), (0, "twilio_apikey"),
        (0, "twilio_apisecret"), (0, "twilio_auth"), (0, "twilio_secret"), (0, "twilio_token"),
        (8, "twilioapi_key"), (0, "twilioapi_secret"), (0, "twilioapikey"), (0, "twilioapisecret"),
        (0, "twilioauth"), (0, "twiliosecret"), (0, "twiliotoken"),
    ]),
    ("sendgrid-key", &[
        (0, "sg.-"), (0, "sg.0"), (0, "sg.1"), (0, "sg.2"), (0, "sg.3"), (0, "sg.4"), (0, "sg.5"),
        (0, "sg.6"), (0, "sg.7"), (0, "sg.8"), (0, "sg.9"), (0, "sg._"), (0, "sg.a"), (0, "sg.b"),
        (0, "sg.c"), (0, "sg.d"), (0, "sg.e"), (0, "sg.f"), (0, "sg.g"), (0, "sg.h"), (0, "sg.i"),
        (0, "sg.j"), (0, "sg.k"), (0, "sg.l"), (0, "sg.m"), (0, "sg.n"), (0, "sg.o"), (0, "sg.p"),
        (0, "sg.q"), (0, "sg.r"), (0, "sg.s"), (0, "sg.t"), (0, "sg.u"), (0, "sg.v"), (0, "sg.w"),
        (0, "sg.x"), (0, "sg.y"), (0, "sg.z"),
    ]),
    ("mailgun-key", &[
        (0, "key-"),
    ]),
    ("mailchimp-key", &[
        (0, "-us0"), (0, "-us1"), (0, "-us2"), (0, "-us3"), (0, "-us4"), (0, "-us5"), (0, "-us6"),
        (0, "-us7"), (0, "-us8"), (0, "-us9"),
    ]),
    ("brevo-key", &[
        (2, "xkeysib-"),
    ]),
    ("notion-token", &[
        (0, "ntn_"),
    ]),
    ("figma-token", &[
        (1, "figd_"), (1, "figdr_"), (1, "figo_"), (1, "figor_"), (1, "figu_"), (1, "figur_"),
    ]),
    ("airtable-token", &[
        (0, "airtable"),
    ]),
    ("hubspot-token", &[
        (2, "pat-ap"), (2, "pat-eu"), (1, "pat-na"),
    ]),
    ("stripe-key", &[
        (0, "rk_live_"), (0, "rk_prod_"), (0, "rk_test_"), (0, "sk_live_"), (0, "sk_prod_"),
        (0, "sk_test_"),
    ]),
    ("stripe-webhook", &[
        (0, "whsec_"),
    ]),
    ("square-token", &[
        (0, "eaaa"), (0, "sq0atp-"), (0, "sq0csp-"), (0, "sq0idp-"),
    ]),
    ("shopify-token", &[
        (0, "shpat_"), (0, "shpca_"), (0, "shppa_"), (0, "shpss_"), (1, "shptka_"),
    ]),
    ("braintree-token", &[
        (11, "access_token$production$"),
    ]),
    ("shippo-token", &[
        (1, "shippo_live_"), (1, "shippo_test_"),
    ]),
    ("social-security-number", &[
        (0, "social security"), (0, "ssn\t"), (0, "ssn "), (0, "ssn#"), (0, "ssn("), (0, "ssn-"),
        (0, "ssn."), (0, "ssn:"), (0, "ssn="),
    ]),
    ("grafana-token", &[
        (0, "glc_"), (0, "glsa_"),
    ]),
    ("databricks-token", &[
        (0, "dapi"),
    ]),
    ("datadog-key", &[
        (5, "datadog_ap"), (5, "dd-api-key"), (5, "dd_api_key"), (4, "dd_app_key"),
    ]),
    ("newrelic-key", &[
        (1, "nrak-"),
    ]),
    ("sentry-token", &[
        (3, "sntrys_"), (3, "sntryu_"),
    ]),
    ("dynatrace-token", &[
        (0, "dt0c"), (0, "dt0s"),
    ]),
    ("planetscale-token", &[
        (0, "pscale_"),
    ]),
    ("supabase-token", &[
        (0, "sb_secret_"), (0, "sbp_"),
    ]),
    ("okta-token", &[
        (0, "ssws "),
    ]),
    ("private-key", &[
        (0, "-----begin"),
    ]),
    ("putty-key", &[
        (1, "private-lines: "),
    ]),
    ("age-key", &[
        (9, "age-secret-key-1"),
    ]),
    ("wireguard-key", &[
        (10, "presharedkey\t="), (10, "presharedkey\n="), (10, "presharedkey\u{b}="),
        (10, "presharedkey\u{c}="), (10, "presharedkey\r="), (7, "presharedkey ="),
        (7, "presharedkey="), (8, "privatekey\t="), (8, "privatekey\n="), (8, "privatekey\u{b}="),
        (8, "privatekey\u{c}="), (8, "privatekey\r="), (8, "privatekey ="), (1, "privatekey="),
    ]),
    ("jwt", &[
        (0, ".eyj"),
    ]),
    ("jwe", &[
        (0, "eyj-"), (0, "eyj0"), (0, "eyj1"), (0, "eyj2"), (0, "eyj3"), (0, "eyj4"), (0, "eyj5"),
        (0, "eyj6"), (0, "eyj7"), (0, "eyj8"), (0, "eyj9"), (0, "eyj_"), (0, "eyja"), (0, "eyjb"),
        (0, "eyjc"), (0, "eyjd"), (0, "eyje"), (0, "eyjf"), (0, "eyjg"), (0, "eyjh"), (0, "eyji"),
        (0, "eyjj"), (0, "eyjk"), (0, "eyjl"), (0, "eyjm"), (0, "eyjn"), (0, "eyjo"), (0, "eyjp"),
        (0, "eyjq"), (0, "eyjr"), (0, "eyjs"), (0, "eyjt"), (0, "eyju"), (0, "eyjv"), (0, "eyjw"),
        (0, "eyjx"), (0, "eyjy"), (0, "eyjz"),
    ]),
    ("bearer-token", &[
        (3, "bearer\t"), (4, "bearer\t\t"), (5, "bearer\t\t\t"), (5, "bearer\t\t "),
        (4, "bearer\t "), (5, "bearer\t \t"), (5, "bearer\t  "), (2, "bearer "), (2, "bearer \t"),
        (5, "bearer \t\t"), (5, "bearer \t "), (2, "bearer  "), (5, "bearer  \t"), (5, "bearer   "),
    ]),
    ("basic-auth", &[
        (2, "basic\t"), (3, "basic\t\t"), (4, "basic\t\t\t"), (4, "basic\t\t "), (3, "basic\t "),
        (4, "basic\t \t"), (3, "basic\t  "), (0, "basic "), (0, "basic \t"), (4, "basic \t\t"),
        (4, "basic \t "), (0, "basic  "), (4, "basic  \t"), (0, "basic   "),
    ]),
    ("authorization-header", &[
        (5, "authorization"),
    ]),
    ("key-header", &[
        (0, "x-access-token"), (2, "x-amz-security-token"), (4, "x-api-key"), (0, "x-api-token"),
        (4, "x-auth-token"), (0, "x-client-secret"), (0, "x-functions-api-key"),
        (0, "x-functions-key"), (0, "x-gitlab-token"), (0, "x-goog-api-key"), (9, "x-rapidapi-key"),
        (6, "x-shopify-access-token"), (0, "x-vault-token"),
    ]),
    ("cookie-header", &[
        (2, "cookie:"),
    ]),
    ("password-hash", &[
        (0, "$2a$"), (0, "$2b$"), (0, "$2x$"), (0, "$2y$"),
    ]),
    ("crypt-hash", &[
        (0, "$6$$"), (0, "$6$,"), (0, "$6$-"), (0, "$6$."), (0, "$6$/"), (0, "$6$0"), (0, "$6$1"),
        (0, "$6$2"), (0, "$6$3"), (0, "$6$4"), (0, "$6$5"), (0, "$6$6"), (0, "$6$7"), (0, "$6$8"),
        (0, "$6$9"), (0, "$6$="), (0, "$6$a"), (0, "$6$b"), (0, "$6$c"), (0, "$6$d"), (0, "$6$e"),
        (0, "$6$f"), (0, "$6$g"), (0, "$6$h"), (0, "$6$i"), (0, "$6$j"), (0, "$6$k"), (0, "$6$l"),
        (0, "$6$m"), (0, "$6$n"), (0, "$6$o"), (0, "$6$p"), (0, "$6$q"), (0, "$6$r"), (0, "$6$s"),
        (0, "$6$t"), (0, "$6$u"), (0, "$6$v"), (0, "$6$w"), (0, "$6$x"), (0, "$6$y"), (0, "$6$z"),
        (2, "$argon2"), (0, "$y$j"),
    ]),
    ("connection-string", &[
        (2, "password ="), (2, "password="), (1, "pwd ="), (0, "pwd="),
    ]),
    ("environment-password", &[
        (6, "mysql_pwd="), (0, "pgpassword="), (7, "rediscli_auth="), (1, "sshpass="),
    ]),
    ("netrc", &[
        (3, "\tpassword"), (3, "\npassword"), (3, "\u{b}password"), (3, "\u{c}password"),
        (3, "\rpassword"), (3, " password"),
    ]),
    ("curl-user", &[
        (0, "curl"),
    ]),
    ("command-password", &[
        (0, "--access-token"), (4, "--api-key"), (4, "--auth-token"), (5, "--passphrase"),
        (4, "--password"), (7, "--secret-key"),
    ]),
    ("sshpass", &[
        (1, "sshpass   -p"), (1, "sshpass  -p"), (1, "sshpass -p"),
    ]),
    ("quoted-secret", &[
        (2, "api_key\""), (2, "api_key'"), (5, "api_key\\\""), (5, "api_key\\'"),
        (6, "api_key\\\\\""), (6, "api_key\\\\'"), (1, "apikey\""), (1, "apikey'"),
        (4, "apikey\\\""), (4, "apikey\\'"), (5, "apikey\\\\\""), (5, "apikey\\\\'"),
        (3, "passphrase\""), (3, "passphrase'"), (3, "passphrase\\\""), (3, "passphrase\\'"),
        (9, "passphrase\\\\\""), (9, "passphrase\\\\'"), (2, "passwd\""), (3, "passwd'"),
        (3, "passwd\\\""), (4, "passwd\\'"), (4, "passwd\\\\\""), (5, "passwd\\\\'"),
        (2, "password\""), (2, "password'"), (2, "password\\\""), (6, "password\\'"),
        (7, "password\\\\\""), (7, "password\\\\'"), (6, "private_key\""), (6, "private_key'"),
        (9, "private_key\\\""), (9, "private_key\\'"), (10, "private_key\\\\\""),
        (10, "private_key\\\\'"), (1, "privatekey\""), (1, "privatekey'"), (8, "privatekey\\\""),
        (8, "privatekey\\'"), (9, "privatekey\\\\\""), (9, "privatekey\\\\'"), (0, "secret\""),
        (3, "secret'"), (4, "secret\\\""), (4, "secret\\'"), (5, "secret\\\\\""),
        (5, "secret\\\\'"), (0, "token\""), (2, "token'"), (3, "token\\\""), (3, "token\\'"),
        (4, "token\\\\\""), (4, "token\\\\'"),
    ]),
    ("assigned-secret", &[
        (2, "api-key :"), (2, "api-key :="), (2, "api-key ="), (2, "api-key:"), (2, "api-key:="),
        (2, "api-key="), (2, "api_key :"), (2, "api_key :="), (2, "api_key ="), (2, "api_key:"),
        (2, "api_key:="), (2, "api_key="), (1, "apikey :"), (5, "apikey :="), (1, "apikey ="),
        (1, "apikey:"), (1, "apikey:="), (1, "apikey="), (3, "passwd :"), (3, "passwd :="),
        (4, "passwd ="), (3, "passwd:"), (4, "passwd:="), (3, "passwd="), (2, "password :"),
        (2, "password :="), (2, "password ="), (2, "password:"), (2, "password:="),
        (2, "password="), (4, "secret :"), (5, "secret :="), (4, "secret ="), (0, "secret:"),
        (4, "secret:="), (3, "secret="), (3, "token :"), (4, "token :="), (3, "token ="),
        (2, "token:"), (3, "token:="), (2, "token="),
    ]),
    ("extended-private-key", &[
        (0, "tprv"), (0, "uprv"), (0, "vprv"), (0, "xprv"), (0, "yprv"), (0, "zprv"),
    ]),
    ("ethereum-key", &[
        (6, "private_key"), (1, "privatekey"),
    ]),
    ("nostr-key", &[
        (1, "nsec1"),
    ]),
    ("mnemonic", &[
        (0, " phrase"), (0, "_phrase"), (0, "mnemonic"),
    ]),
];
