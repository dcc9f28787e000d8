/* Noise handshakes of other implementations, as hexadecimal. Sources: cacophony
 * (haskell-cryptography/cacophony, vectors/cacophony.txt) and snow (mcginty/snow,
 * tests/vectors/snow.txt); the patterns that kerven speaks. Message i is written
 * by the initiator if i is even; what follows the handshake is transport. */
#ifndef KRV_NOISE_VECTORS_H
#define KRV_NOISE_VECTORS_H

#include <stddef.h>

#include "noise.h"

enum { NOISE_VECTOR_MESSAGES_MAX = 6 };

struct noise_vector {
  const char *source;
  enum krv_noise_pattern pattern;
  const char *prologue, *psk, *init_static, *init_ephemeral, *resp_static, *resp_ephemeral;
  const char *init_remote_static;
  const char *handshake_hash; /* NULL where the source gives none */
  struct {
    const char *payload, *ciphertext;
  } messages[NOISE_VECTOR_MESSAGES_MAX];
};

static const struct noise_vector noise_vectors[] = {
    {.source = "cacophony",
     .pattern = KRV_NOISE_NNPSK0,
     .prologue =
         "4a6f686e2047616c74",
     .psk = "54686973206973206d7920417573747269616e20706572737065637469766521",
     .init_static = NULL,
     .init_ephemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
     .resp_static = NULL,
     .resp_ephemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
     .init_remote_static = NULL,
     .handshake_hash = "f4d03dc34495c95729ea6de9e1b59004b59733102488b3e24bc441e0be208eaf",
     .messages = {
         {"4c756477696720766f6e204d69736573",
          "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c794479b962b8aff84857"
          "42ac32f905ba45369e2465fb59e138a93d67a0d1266b6a54"},
         {"4d757272617920526f746862617264",
          "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843d6062704d5a9c422"
          "a8e834423f8c1feada7e8d0d910a1a2cd030fb584221e3"},
         {"462e20412e20486179656b",
          "e632c3763d7669067383433197a3baddf146e9e70ad4b4e9e59e0f"},
         {"4361726c204d656e676572",
          "64c6bee32ea91c8474bb4c21d7a700109ad45af77b29764ba5eb1e"},
         {"4a65616e2d426170746973746520536179",
          "e2fa0bed0603b62d3ccac2ecabbf3fe33f3e86514909b323361626266cb2471cc8"},
         {"457567656e2042f6686d20766f6e2042617765726b",
          "0c01dc9cec1fe4ddd692e8dd32188aa351088dc91183639a53b57aa4692b5ebdef8b8ca111"},
     }},
    {.source = "cacophony",
     .pattern = KRV_NOISE_XK,
     .prologue =
         "4a6f686e2047616c74",
     .psk = NULL,
     .init_static = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
     .init_ephemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
     .resp_static = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
     .resp_ephemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
     .init_remote_static = "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
     .handshake_hash = "cefffc5d1074126cc980ebfe902587ff36ba61dc77d4447ebe0f96dc22ae59d7",
     .messages = {
         {"4c756477696720766f6e204d69736573",
          "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944a3785af283c991ba"
          "b613473804356ef6931f83acf64f99c274b93570857cfc5e"},
         {"4d757272617920526f746862617264",
          "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088433a4534805fa9fe4e"
          "b8343ace6609160c767ad9b832e8eea1d9b7a2111818dd"},
         {"462e20412e20486179656b",
          "5d8e67b9c1b8e36f5dc674bc5cd2ce243fb5d1710fa57de0370da7cc979015398eaad94603b05498"
          "ba9a613d2fd923dcaa6fd4288dfd8d70f419bf737efb4cd37f5da37ebb728849318c82"},
         {"4361726c204d656e676572",
          "3205e1265f809505e6edc092839d3156745d2abafbfd946b261e41"},
         {"4a65616e2d426170746973746520536179",
          "470bcb1ae099555ff0d729500df550418d6ee5149d9e40bd2f4c6b3d263cc818d5"},
         {"457567656e2042f6686d20766f6e2042617765726b",
          "d7187ed9d217ba6e91cf596e4871012ccedf7b5bed0d4cb8f7affb020fa17a95a23371e0f6"},
     }},
    {.source = "cacophony",
     .pattern = KRV_NOISE_XKPSK3,
     .prologue =
         "4a6f686e2047616c74",
     .psk = "54686973206973206d7920417573747269616e20706572737065637469766521",
     .init_static = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
     .init_ephemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
     .resp_static = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
     .resp_ephemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
     .init_remote_static = "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
     .handshake_hash = "2474cc7525e37a139f3f2d82cefa382b6844f36a8c179c3c057bc2b8bc171454",
     .messages = {
         {"4c756477696720766f6e204d69736573",
          "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944aca3ea34785c66af"
          "6434ba8f3dab19e712ff67a31bd13557517309fc09a510a9"},
         {"4d757272617920526f746862617264",
          "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884330ae3686f5afe733"
          "85a0a6430723306d35b21256240033263dc4050e154e7f"},
         {"462e20412e20486179656b",
          "1b33e3523e2d3c4cd6bb605131932646aa01f18e22ee6543877d3f16967f4593bd2ca855b17d0978"
          "2a6d56bdc3eedae57e8015be06a0bcfb5c9ac4e768459601d9162e731f9fc8117a2b22"},
         {"4361726c204d656e676572",
          "1eae06397036f6d40337d43b0f49cfe2b2093a2c2e14c804b5fe7a"},
         {"4a65616e2d426170746973746520536179",
          "b4aafd07a4cebcc8b913a243a145db81dc029b57f9e8676eb78cf0b3f9cdcaf240"},
         {"457567656e2042f6686d20766f6e2042617765726b",
          "1d36724066ad1c685e1e245a29cffac296d1a97f6393d3dddbed940e04c348f9b4cd45266b"},
     }},
    {.source = "snow",
     .pattern = KRV_NOISE_XK,
     .prologue =
         "5468657265206973206e6f20726967687420616e642077726f6e672e2054686572652773206f6e6c"
         "792066756e20616e6420626f72696e672e",
     .psk = NULL,
     .init_static = "d79245fc228517d26ab3026f901e6de5e87029f62f5337bb7aeaf290630663c5",
     .init_ephemeral = "821a1cfc35eafdfd7ceec182cea0b46a8b41715f8b1a6c3255da349a4205a912",
     .resp_static = "41f32f158d5bde75b0814850d79885e717c1858b34ae1787911dabb846dfb28a",
     .resp_ephemeral = "d3d600d3d556e1819de798950067a5b9f07977aa4dfc7ccea983bccc4f92ed5d",
     .init_remote_static = "baa04200175deb54e07ebee17c69f8a464400d33504a8f0b960a49638712df5c",
     .handshake_hash = NULL,
     .messages = {
         {"5ff166c364c401f5cccefe5dbef2399eb35af4f77373ac26e98cc2178b3d4f05",
          "e72ac10bdc197cc923051ac8ce5e8f952873928d4c0be6bc3e1ce2c44a5d8948fcff0ce5c4eb2289"
          "40fa1f01db75144acf89e5f5fe3f456ebb2439d1c59e430840751ef5f93567d268d5399b78c56137"},
         {"44d9a8b2dfc5e4db9109c08e7345ad331bc74d16d5580a0ccab5695a0d4ea406",
          "573253370220f0dcfae0ff8f800d885f67aaa0aabf13191e4b17241b0a50ba1721b33d6f53bb9147"
          "724bb5f9b80347d4151c68de9ecd62170433df78eb5e3dee843ced53014a2922d7f7c7a447ddc347"},
         {"82e4f70bd164c183c4d116f4d18e92c1e8c57257dcc5414b10e1df7ba66490dc",
          "7aee57bc9c27b1489388b1b114335b1c777a242dd3f199d0a44cf3588910371cfefaced10536e918"
          "59a496caeb78f52e63d3703766c33e05bbd94c985421e1d1461d769fd6b9f333b32ca30cb17ee09a"
          "c7af9b7499a5a8d0a3e19aff0e1dd055"},
         {"534f98102268d35aed2ad42b7929840845b67f3d1e27fa05b9365675cdf9ecf3",
          "c837eb9eba146171756bdc87f554052496e2ccc7c8e7a224d49a53302240134c9925c8919662f162"
          "f8e086dc93694eb1"},
         {"7cdebd667263c56a74ed30fcc0783f4ee90b17cc4e8c4c31e47f81484211caf1",
          "553d810ba41db883b8f990b088f834eecf960c66dc63c65eefef0a51e5661289069ce103e5c9b742"
          "ae33806d383eb2a1"},
     }},
};

#endif
