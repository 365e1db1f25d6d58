// The families' entries, one defined in each family's file. A new family is declared here and
// listed in architecture.cpp.
#pragma once

#include "loaders/architectures/architecture.h"

namespace fovea {

extern const Architecture kCompactRestorer;  // compact_restorer.cpp
extern const Architecture kDamageUnet;       // damage_unet.cpp
extern const Architecture kRrdbNet;          // rrdbnet.cpp
extern const Architecture kSrvggNetCompact;  // srvgg.cpp
extern const Architecture kSpan;             // span.cpp
extern const Architecture kSrcnn;            // srcnn.cpp
extern const Architecture kRealPlksr;        // plksr.cpp
extern const Architecture kPlksr;            // plksr.cpp
extern const Architecture kRealCugan;        // cugan.cpp
extern const Architecture kWaifu2x;          // waifu2x.cpp
extern const Architecture kMosr;             // mosr.cpp
extern const Architecture kRcan;             // rcan.cpp
extern const Architecture kImdn;             // imdn.cpp
extern const Architecture kRfdn;             // rfdn.cpp
extern const Architecture kRlfn;             // rlfn.cpp
extern const Architecture kRtmosr;           // rtmosr.cpp
extern const Architecture kSpanPlus;         // span_plus.cpp
extern const Architecture kFbcnn;            // fbcnn.cpp
extern const Architecture kFsrcnn;           // fsrcnn.cpp
extern const Architecture kEspcn;            // espcn.cpp
extern const Architecture kSrresnet;         // srresnet.cpp
extern const Architecture kEdsr;             // edsr.cpp
extern const Architecture kMsrresnet;        // msrresnet.cpp
extern const Architecture kVdsr;             // vdsr.cpp
extern const Architecture kSwiftSrgan;       // swift_srgan.cpp
extern const Architecture kRdn;              // rdn.cpp
extern const Architecture kCarn;             // carn.cpp
extern const Architecture kDncnn;            // dncnn.cpp
extern const Architecture kIrcnn;            // ircnn.cpp
extern const Architecture kArtcnn;           // artcnn.cpp
extern const Architecture kEcbsr;            // ecbsr.cpp
extern const Architecture kAbpn;             // abpn.cpp
extern const Architecture kEtds;             // etds.cpp

}  // namespace fovea
