/** The media library, loaded when first wanted: 1.4 MB that the first paint need not wait for. */
export const livekit = () => import("../vendor/livekit-client.esm.mjs");
