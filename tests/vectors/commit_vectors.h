/* Made by commit.py; not edited by hand. Hexadecimal. */
#ifndef KRV_COMMIT_VECTORS_H
#define KRV_COMMIT_VECTORS_H

/* programme 10..1f, signing seed 40..5f, seal a1.., session b2.. */
#define VECTOR_DEVICE_ID \
  "ffec1229987a808198c401793ec38011"
/* group 0 writes, group 300 reads */
#define VECTOR_ACCESS \
  "020002ac0201"
/* that list, created by that device under the key 00..1f */
#define VECTOR_CASE_ID \
  "f198a04dff00cdd34c2074c87794bf57"
/* set record 0, field 12: Leila */
#define VECTOR_OPS \
  "919400000ca54c65696c61"
/* height 300, head 01..08, 2026-01-01 by the server's clock, 3 entries */
#define VECTOR_BODY \
  "ac02010203040506070800d8490b02030301333333333333333303c801444444444444444428055555555555555555919400000ca54c65696c61"
/* n = 1, epoch 0 */
#define VECTOR_AD_1 \
  "0101101112131415161718191a1b1c1d1e1ff198a04dff00cdd34c2074c87794bf57ffec1229987a808198c401793ec380110100000000000000000000000000000000000000000000000000000000000000"
/* synthetic */
#define VECTOR_SALT_1 \
  "8c353c997c4248d7e6626e4526e41426"
/* signature, padded body, tag */
#define VECTOR_SEALED_1 \
  "43fee4fb23ddafba5c800a16e9f5cf48f130ea4434a56828fd0bfdeb8cd21c1b7c1ea0b91d2565f192daf60d2635c78005443f839aa95444902e36782bb911a01aa1eee295142ee6a5ea81576b61c874ddbd39f4327597af6929cba5c68591f8be5cfda6104c0d3cd0a0854fdcd9938f6ad9d9f4d1c0723bbb1a8ab4507f0f176bc160a8618bb6076663439ac3397724"
/* which is the next one's prev */
#define VECTOR_COMMIT_ID_1 \
  "ba3159d6ba9bf49871d6b66c96e9a6c9"
/* n = 2, epoch 3 */
#define VECTOR_AD_2 \
  "0101101112131415161718191a1b1c1d1e1ff198a04dff00cdd34c2074c87794bf57ffec1229987a808198c401793ec380110200000000000000ba3159d6ba9bf49871d6b66c96e9a6c903000000b999683f"
/* synthetic */
#define VECTOR_SALT_2 \
  "e9ea3cd7bafe07f06074cf5e4a2a6f9c"
/* signature, padded body, tag */
#define VECTOR_SEALED_2 \
  "df3e629e477f0028cda6d501158a0d031b24e52eef2ccdf9900ded60050b0cb732d70f57107459bbc959c2ed4f16a1b4c499d508d020bb46854e8df678b69f4b1605ac6e0c01642517c9e8a7c0be4700836c2ac3ddc696cd8f6d6b658c4f9ecabe68bf854c562e8dce73206a5ee91e1b00d91f0aacbe419921e45b60ba8bb94660c2e731900e1f78e2a255cf1808af5c"
/* which is the next one's prev */
#define VECTOR_COMMIT_ID_2 \
  "00b463f899ab637d2cb421ede1931b37"
/* of the last, shared secret 20..3f */
#define VECTOR_VOUCH \
  "b0e22e88eb7abf9c81b4c7fa267bd83f"
/* opens under the keys 00..1f and 20..3f, AD 1, salt 77.. */
#define VECTOR_TWO_KEYS \
  "7c5f415f623a0dd10a2ab91a569d9ba66da131a4a6c946c8127f1b4b068c4ef2889a1d00c7994425347aaea9cfd7239622956278262c2cf7ecb47dc2c13a1ebc3170875f5042c35179e227c5e1919a05a48acf4596b3247d57554acd8f22b732c2ccd5ba2ea35cdf6053fc69d14a1be9f75ece8900510c8a69f19aae0a291e18fe746731c92a3c902cb9b98d7efc13b3"

#endif
