/** Where the values of a flag or argument come from, for shell completion. */
export type CompletionSource =
  /** Entries of the kubeconfig. */
  | 'contexts'
  | 'clusters'
  | 'users'
  | 'namespaces'
  /** Types of objects: `pods`, several with commas. */
  | 'types'
  /** `TYPE NAME...` or `TYPE/NAME...`, for commands that take objects of any type. */
  | 'objects'
  /** A pod's name, or `TYPE/NAME` of what has pods: what `logs` and `exec` take. */
  | 'pods or TYPE/NAME'
  /** Names of objects of one type, by its plural: `names of nodes`. */
  | `names of ${string}`
  /** Containers of the pod that the first argument names. */
  | 'containers'
  | 'files'
  | 'directories'
  | 'shells'
  | 'nothing';
