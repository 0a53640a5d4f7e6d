# All that Weft needs of Vault in mode intermediate: to have its own signing certificate signed by the
# default issuer of the engine at pki. For an issuer by name the path is pki/issuer/NAME/sign-intermediate.
path "pki/root/sign-intermediate" {
  capabilities = ["update"]
}

# To look at its own token and to renew it. Vault's policy "default" allows this too.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
