# All that Weft needs of Vault in mode leaf: to have certificates signed under the role weft by the default
# issuer of the engine at pki. For an issuer by name the path is pki/issuer/NAME/sign/weft.
path "pki/sign/weft" {
  capabilities = ["update"]
}

# To look at its own token and to renew it. Vault's policy "default" allows this too.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
