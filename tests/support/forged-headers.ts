/**
 * Headers with which proxies, platforms and single sign-on tell a backend about the user or the
 * request, and headers that belong to one hop or to Next.
 * Attack: a client sends one of them to look like another user or to come from a proxy. Defence:
 * none of them reaches the backend as the client sent it.
 */
export const forgedHeaders: readonly string[] = `
  cookie cookie2 set-cookie authorization x-authorization proxy-authorization proxy-connection proxy-user
  connection keep-alive te trailer upgrade expect via accept-encoding http2-settings max-forwards early-data cdn-loop
  rsc next-url next-action next-hmr-refresh next-router-state-tree next-router-prefetch next-router-segment-prefetch
  x-matched-path x-prerender-revalidate x-middleware-subrequest x-middleware-rewrite x-middleware-next
  x-middleware-request-authorization x-middleware-override-headers x-middleware-set-cookie x-nextjs-data
  x-invoke-path x-invoke-query x-invoke-output x-invoke-status x-vercel-oidc-token x-vercel-forwarded-for
  x-vercel-ip-country x-vercel-id x-vercel-protection-bypass x-vercel-sc-headers x-now-route-matches
  forwarded x-forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-user
  x-forwarded-email x-forwarded-groups x-forwarded-preferred-username x-forwarded-access-token x-forwarded-prefix
  x-forwarded-server x-forwarded-scheme x-forwarded-ssl x-forwarded-uri x-forwarded-method x-forwarded-client-cert
  x-forwarded-tls-client-cert x-real-ip x-real-port x-client-ip x-client-port x-cluster-client-ip x-client-dn
  x-client-cn x-client-id x-client-verify x-client-cert x-client-certificate x-client-ssl-cn client-ip true-client-ip
  client-cert client-cert-chain cf-connecting-ip cf-connecting-ipv6 cf-ipcountry cf-ray cf-visitor
  cf-access-jwt-assertion cf-access-authenticated-user-email fastly-client-ip fastly-ssl fly-client-ip fly-region
  x-appengine-user-ip x-appengine-user-email x-appengine-user-id x-appengine-user-is-admin
  x-appengine-inbound-appid x-appengine-cron x-azure-clientip x-azure-socketip x-azure-fdid
  x-envoy-external-address x-envoy-internal x-envoy-original-path x-envoy-downstream-service-cluster
  x-nf-client-connection-ip x-nf-account-id do-connecting-ip oxy-client-ip wl-proxy-client-ip wl-proxy-ssl
  wl-proxy-client-cert incap-client-ip x-sucuri-clientip x-cdn-src-ip ali-cdn-real-ip eo-connecting-ip
  x-ms-client-principal x-ms-client-principal-id x-ms-client-principal-name x-ms-client-principal-idp
  x-ms-token-aad-id-token x-amzn-oidc-data x-amzn-oidc-identity x-amzn-oidc-accesstoken x-amzn-mtls-clientcert
  x-amzn-mtls-clientcert-subject x-amzn-tls-version x-amz-security-token x-goog-iap-jwt-assertion
  x-goog-authenticated-user-email x-goog-authenticated-user-id x-serverless-authorization x-endpoint-api-userinfo
  x-apigateway-api-userinfo x-apigateway-event x-apigateway-context
  remote-user remote-email remote-groups remote-name remote-addr x-remote-user x-remote-group x-remote-extra-scopes
  x-user x-user-id x-user-email x-user-name x-user-roles x-userinfo x-username x-email x-groups x-roles x-role
  x-preferred-username preferred-username x-id-token x-access-token x-auth-token x-auth-request-user
  x-auth-request-email x-auth-request-groups x-auth-request-access-token x-auth-user x-authenticated-user
  x-authenticated-userid x-authenticated-scope x-authenticated-groups x-webauth-user x-webauth-email x-webauth-role
  x-jwt x-jwt-payload x-jwt-assertion x-jwt-claim-sub x-consumer-id x-consumer-custom-id x-consumer-username
  x-consumer-groups x-credential-identifier x-anonymous-consumer x-pomerium-jwt-assertion x-pomerium-claim-email
  tailscale-user-login tailscale-user-name x-authentik-username x-authentik-email x-authentik-groups x-authentik-uid
  x-authelia-user x-token-subject x-token-user-email x-vouch-user x-vouch-idp-claims-email x-okta-user x-ory-identity
  x-kratos-authenticated-identity-id x-hasura-role x-hasura-user-id x-hasura-admin-secret x-tenant-id x-tenant
  x-org-id x-account-id x-scope-orgid x-scopes x-permissions x-admin x-is-admin x-impersonate-user
  impersonate-user impersonate-group x-on-behalf-of x-run-as x-sudo sudo sm-user sm-universalid uid oidc-claim-sub
  oidc-claim-email x-oidc-sub mellon-name-id shib-session-id eppn ajp-remote-user iv-user iv-groups iv-creds
  ssl-client-verify ssl-client-s-dn ssl-client-cert x-ssl-client-verify x-ssl-client-cert x-ssl-client-s-dn
  x-ssl-cert x-ssl-cn x-ssl-subject x-ssl x-tls-client-cert x-mtls-subject x-spiffe-id x-arr-clientcert x-arr-ssl
  x-original-url x-original-uri x-original-host x-original-method x-original-forwarded-for x-rewrite-url
  x-host x-http-host-override x-url-scheme x-scheme x-proto x-protocol x-http-method x-http-method-override
  x-method-override front-end-https x-request-id x-request-start x-queue-start x-proxy-user x-proxy-authorization
  x-internal x-internal-user x-service-account x-api-key api-key apikey x-secret x-gateway-secret x-csrf-bypass
  access-control-request-method access-control-request-headers from dpop sec-token-binding service-worker
  x_user_id x_forwarded_for authorization_ remote_user content_length sec-ch-ua_x client_cert x-custom`
  .trim()
  .split(/\s+/);
