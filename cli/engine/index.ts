export { type Engine, type EngineOptions, ensureEngine, hasEngine } from "./ensureEngine";
export { engineEnvironment } from "./environment";
export type { EngineEvent, EngineLog, Source } from "./events";
export { PINS } from "./pins";
export { readVendorUrls, type VendorUrls } from "./vendorAssets";
