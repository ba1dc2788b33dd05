/** Keeps a quiet stream into a pod from being taken for idle by what lies between. */
export const pingIntervalMs = 30_000;
