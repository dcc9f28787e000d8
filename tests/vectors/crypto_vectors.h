/* Made by crypto.py; not edited by hand. Hexadecimal. */
#ifndef KRV_CRYPTO_VECTORS_H
#define KRV_CRYPTO_VECTORS_H

/* H(domain, "abc", "", bytes 0 to 31) */
#define VECTOR_H_MAP(X) \
  X(PROGRAMME, "ee58d6525875c8e89eb03d63998228d631fd60c0081d8fb0ee55f133d52a4d07") \
  X(DEVICE, "0f086f3fca956fe1a2afa5e9735fd02f9063b1a5825b85d6b2938eee38183a9f") \
  X(COMMIT, "6ae7bd2f38f9a3d4d4266fdc08b49fe360bfd10086f98521f0d8029537d4a483") \
  X(COMMIT_SIGN, "786e35885a3ca55cb7afb20a570ef04fc6122f493cb6ba5a54bd8be60776eeeb") \
  X(VAULT_LOOKUP, "5f9b91e3e36debae2065c1a282cffc274c39b245f9c828803138fa5cb6bb9f29") \
  X(CHAIN, "dcd70640c63811ca9efe7f87a7ea25129d544d4704dba15c515dfd9abde615c2")
#define VECTOR_KEY_COMMIT \
  "5202a9c0e4ed0ecbca8480e2e80fe06420a9f38434c98d7fdc23a98ec6095a25"
#define VECTOR_KEY_ID \
  "b999683f2db86926d4258f2cf702c2c5"
#define VECTOR_MAC16 \
  "40949d696d965e7f13fc0d1a253fc649"

/* key 00..1f, nonce counter 7, AD "ad", plaintext "plain" */
#define VECTOR_AEAD \
  "8163e5214cc6f908efab95778cc4d865c71e3df7fe"

/* the same, nonce: first 24 bytes of the generator seeded with 42 */
#define VECTOR_ROW \
  "95035294f2065da4d5aebfbee6b7dcf2751d0760e899d591cc5a9712fecfa64ec5b652ad1297cf79" \
  "678c13f8fb"

/* giver's secret 00..1f, receiver's 20..3f, purpose grant, the key above */
#define VECTOR_GIVER_PK \
  "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f"
#define VECTOR_RECEIVER_PK \
  "358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254"
#define VECTOR_SHARED \
  "9663aa1da97e848a914a436d04163dfbb89178f107f1b5b77ed3854203382854"
#define VECTOR_ENVELOPE \
  "abb805e02e09369d77d780e9b4a60feca821c93512335a048976d3a135a2dbcaf318b84368e9d4db" \
  "0a3c3a263710cce6"

/* secret 00..1f, group 3, epoch 258, "Leila" */
#define VECTOR_GROUPSEAL \
  "f8c10613a0dbb7813b0adfbb4b45d6bc75d410b7075da12f9e8e429ba357b4fde04f785cab"

/* seed 00..1f signs ("krv entry sign", "one", "two") */
#define VECTOR_SIGN_PK \
  "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
#define VECTOR_SIGNATURE \
  "94f1024a18f8bc80734fea61ba2f514a84a21584fa09292fa8c4daf568bc101e83a111637e58b783" \
  "24b9eaa61144c9a9ac9323b69977d5d4fbb06eee7a20630d"

#endif
