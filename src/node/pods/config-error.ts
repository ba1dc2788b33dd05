/**
 * A container cannot be made as its spec says: something it refers to is missing, or the runtime cannot honour a field.
 * It waits with reason CreateContainerConfigError and is tried again.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
