"""Every pipeline of diffusers 0.42.1 by the base model that its class alone tells, without the word "Pipeline"."""

from __future__ import annotations

VERSION = "0.42.1"

_TABLE = {
    "anima": "AnimaModular",
    "auraflow": "AuraFlow",
    "cascade": """
        StableCascadeCombined StableCascadeDecoder StableCascadePrior WuerstchenCombined WuerstchenDecoder
        WuerstchenPrior
    """,
    "chroma": "ChromaImg2Img ChromaInpaint Chroma",
    "cogvideo": "CogVideoXFunControl CogVideoXImageToVideo CogVideoX CogVideoXVideoToVideo",
    "ernie-image": "ErnieImageModular ErnieImage",
    "flux": """
        FluxControlImg2Img FluxControlInpaint FluxControlNetImg2Img FluxControlNetInpaint FluxControlNet FluxControl
        FluxFill FluxImg2Img FluxInpaint FluxKontextInpaint FluxKontextModular FluxKontext FluxModular Flux
    """,
    "flux2": "Flux2KleinBaseModular Flux2KleinInpaint Flux2KleinKV Flux2KleinModular Flux2Klein Flux2Modular Flux2",
    "hidream": "HiDreamImage",
    "hunyuan-dit": "HunyuanDiTControlNet HunyuanDiTPAG HunyuanDiT",
    "hunyuan-image": "HunyuanImage",
    "hunyuan-video": "HunyuanSkyreelsImageToVideo HunyuanVideoFramepack HunyuanVideoImageToVideo HunyuanVideo",
    "hunyuan-video-1.5": "HunyuanVideo15ImageToVideo HunyuanVideo15Modular HunyuanVideo15",
    "kolors": "KolorsImg2Img KolorsPAG Kolors",
    "krea-2": "Krea2Modular Krea2 Krea2TurboModular",
    "ltx": "LTXCondition LTXI2VLongMultiPrompt LTXImageToVideo LTXModular LTX",
    "ltx-2": "LTX25Modular LTX2Condition LTX2DFR LTX2HDR LTX2ImageToVideo LTX2InContext LTX2Modular LTX2",
    "lumina2": "Lumina2",
    "mochi": "Mochi",
    "pixart": "PixArtAlpha PixArtSigmaPAG PixArtSigma",
    "qwen-image": """
        QwenImageControlNetInpaint QwenImageControlNet QwenImageEditInpaint QwenImageEditModular QwenImageEdit
        QwenImageEditPlusModular QwenImageEditPlus QwenImageImg2Img QwenImageInpaint QwenImageLayeredModular
        QwenImageLayered QwenImageModular QwenImage
    """,
    "sd1": """
        AnimateDiffControlNet AnimateDiffPAG AnimateDiff AnimateDiffSparseControlNet
        AnimateDiffVideoToVideoControlNet AnimateDiffVideoToVideo LatentConsistencyModelImg2Img
        LatentConsistencyModel StableDiffusionAdapter StableDiffusionAttendAndExcite
        StableDiffusionControlNetImg2Img StableDiffusionControlNetInpaint StableDiffusionControlNetPAGInpaint
        StableDiffusionControlNetPAG StableDiffusionControlNet StableDiffusionControlNetXS StableDiffusionDepth2Img
        StableDiffusionDiffEdit StableDiffusionGLIGEN StableDiffusionGLIGENTextImage StableDiffusionImageVariation
        StableDiffusionImg2Img StableDiffusionInpaint StableDiffusionInstructPix2Pix StableDiffusionLDM3D
        StableDiffusionModelEditing StableDiffusionOnnx StableDiffusionPAGImg2Img StableDiffusionPAGInpaint
        StableDiffusionPAG StableDiffusionPanorama StableDiffusionParadigms StableDiffusion
        StableDiffusionPix2PixZero StableDiffusionSAG
    """,
    "sd3": """
        StableDiffusion3ControlNetInpainting StableDiffusion3ControlNet StableDiffusion3Img2Img
        StableDiffusion3Inpaint StableDiffusion3Modular StableDiffusion3PAGImg2Img StableDiffusion3PAG
        StableDiffusion3
    """,
    "sdxl": """
        AnimateDiffSDXL StableDiffusionXLAdapter StableDiffusionXLControlNetImg2Img
        StableDiffusionXLControlNetInpaint StableDiffusionXLControlNetPAGImg2Img StableDiffusionXLControlNetPAG
        StableDiffusionXLControlNet StableDiffusionXLControlNetUnionImg2Img StableDiffusionXLControlNetUnionInpaint
        StableDiffusionXLControlNetUnion StableDiffusionXLControlNetXS StableDiffusionXLImg2Img
        StableDiffusionXLInpaint StableDiffusionXLInstructPix2Pix StableDiffusionXLModular
        StableDiffusionXLPAGImg2Img StableDiffusionXLPAGInpaint StableDiffusionXLPAG StableDiffusionXL
        TextToVideoZeroSDXL
    """,
    "wan": """
        SkyReelsV2DiffusionForcingImageToVideo SkyReelsV2DiffusionForcing SkyReelsV2DiffusionForcingVideoToVideo
        SkyReelsV2ImageToVideo SkyReelsV2 Wan22Image2VideoModular Wan22Modular Wan22VaceModular
        WanAnimate2DistilledModular WanAnimate2Modular WanAnimate WanImage2VideoModular WanImageToVideo WanModular
        Wan WanVACE WanVideoToVideo
    """,
    "z-image": "ZImageControlNetInpaint ZImageControlNet ZImageImg2Img ZImageInpaint ZImageModular ZImageOmni ZImage",
    "any": "Diffusion Modular",
    "other": """
        AceStep Allegro AltDiffusionImg2Img AltDiffusion AmusedImg2Img AmusedInpaint Amused AnyFlowFAR AnyFlow
        AudioDiffusion AudioLDM2 AudioLDM BlipDiffusionControlNet BlipDiffusion BriaFibo2 BriaFiboEdit BriaFibo Bria
        ChronoEdit CogView3Plus CogView4Control CogView4 ConsisID ConsistencyModel Cosmos2TextToImage
        Cosmos2VideoToWorld Cosmos2_5_PredictBase Cosmos2_5_Transfer Cosmos3DistilledModular Cosmos3OmniModular
        Cosmos3Omni CosmosTextToWorld CosmosVideoToWorld CycleDiffusion DDIM DDPM DanceDiffusion DiT DiffusionGemma
        DreamLiteMobile DreamLite EasyAnimateControl EasyAnimateInpaint EasyAnimate EchoModular
        Flux3DistilledModular Flux3Modular FluxPriorRedux GlmImage HeliosModular Helios
        HeliosPyramidDistilledModular HeliosPyramidModular HeliosPyramid HunyuanImageRefiner I2VGenXL IFImg2Img
        IFImg2ImgSuperResolution IFInpainting IFInpaintingSuperResolution IF IFSuperResolution Ideogram4Modular
        Ideogram4 JoyImageEdit JoyImageEditPlus Kandinsky3Img2Img Kandinsky3 Kandinsky5I2I Kandinsky5I2V
        Kandinsky5T2I Kandinsky5T2V Kandinsky6SR Kandinsky6TI2VA KandinskyCombined KandinskyImg2ImgCombined
        KandinskyImg2Img KandinskyInpaintCombined KandinskyInpaint Kandinsky KandinskyPrior KandinskyV22Combined
        KandinskyV22ControlnetImg2Img KandinskyV22Controlnet KandinskyV22Img2ImgCombined KandinskyV22Img2Img
        KandinskyV22InpaintCombined KandinskyV22Inpaint KandinskyV22 KandinskyV22PriorEmb2Emb KandinskyV22Prior
        KarrasVe LDM LDMSuperResolution LDMTextToImage LLaDA2 LTX2DFRTemporalRefine LTX2LatentUpsample
        LTX2VideoDiffusionDecode LTXLatentUpsample Latte LongCatAudioDiT LongCatImageEdit LongCatImage LucyEdit
        Lumina MarigoldDepth MarigoldIntrinsics MarigoldNormals MiniMaxH3Modular MiniMaxMusic3Modular
        MotifVideoImage2Video MotifVideo MusicLDM NucleusMoEImage OmniGen OnnxStableDiffusionImg2Img
        OnnxStableDiffusionInpaint OnnxStableDiffusion OnnxStableDiffusionUpscale OvisImage PIA PNDM PRX PRXPixel
        PaintByExample QwenImage21Modular QwenImage21 QwenImage21TurboModular RFD4Proteina RePaint SanaControlNet
        SanaImageToVideo SanaPAG Sana SanaSprintImg2Img SanaSprint SanaVideo SanaWM ScoreSdeVe
        SemanticStableDiffusion ShapEImg2Img ShapE SpectrogramDiffusion StableAudio3AudioToAudio StableAudio3Inpaint
        StableAudio3 StableAudio StableDiffusionLatentUpscale StableDiffusionUpscale StableUnCLIPImg2Img
        StableUnCLIP StableVideoDiffusion TextToVideoSD TextToVideoZero UnCLIPImageVariation UnCLIP UniDiffuser
        VQDiffusion VersatileDiffusionDualGuided VersatileDiffusionImageVariation VersatileDiffusion
        VersatileDiffusionTextToImage VideoToVideoSD VisualClozeGeneration VisualCloze
    """,
}

#: Class name -> value of the option.
EXPECTED = {f"{name}Pipeline": value for value, names in _TABLE.items() for name in names.split()}
