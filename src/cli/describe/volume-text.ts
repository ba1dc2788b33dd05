/** Kind of the volume in words, then its settings. */
export type VolumeText = readonly [about: string, ...fields: readonly (readonly [label: string, value: unknown])[]];
