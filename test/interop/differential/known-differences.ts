/** Where the embedded cluster answers otherwise than kube-apiserver, and why that is meant. */
export interface KnownDifference {
  why: string;
  /** Parts of the answer that may differ: `code`, `body.message`… with all below them. */
  parts: readonly string[];
  questions: readonly string[];
}

const message = ['body.message'];

export const knownDifferences: readonly KnownDifference[] = [
  {
    why: 'the message names what is wrong with the request instead of quoting the parser or type of another language',
    parts: [...message, 'body.details.causes.0.message'],
    questions: [
      'create of another kind',
      'create of another version',
      'create of no JSON',
      'create with an empty body',
      'create of a list',
      'an XML body',
      'a Deployment of a bad strategy',
      'a Pod with a bad quantity',
      'a Secret that is no base64',
      'a RoleBinding to another role later',
      'update with another uid',
      'an update of a Lease that is gone',
      'JSON patch that is no list',
      'merge patch that is no JSON',
      'list by a bad label selector',
      'list by a bad label',
      'list by a field that is no index',
      'list by a bad field selector',
      'list, a bad continue',
      'list, a bad limit',
      'list, a bad resourceVersion',
      'watch with a bad timeout',
      'a table with bad objects',
      'a table of another version',
      'apply with a bad manager',
      'apply of no object',
      'apply of no YAML',
      'delete with bad options',
      'delete with options of another kind',
      'as a group alone',
      'as a uid alone',
      'as an extra alone',
    ],
  },
  {
    why: 'the message tells more than the name of the status code',
    parts: [...message, 'body.details'],
    questions: [
      'JSON patch whose test fails',
      'JSON patch of a missing path',
      'a patch of no known type',
      'apply of CBOR',
      'get as XML',
      'POST to an object',
      'PUT to a collection',
      'DELETE of all Pods of the cluster',
      'POST to all namespaces',
    ],
  },
  {
    why: 'what the client got wrong is 400 or 409; kube-apiserver calls these an internal error',
    parts: ['code', 'body.code', 'body.reason', ...message, 'body.details'],
    questions: [
      'create with a resourceVersion',
      'update with a bad resourceVersion',
      'strategic patch without the merge key',
      'binding to nothing',
      'apply of an unknown field',
      'apply of a wrong type',
      'apply of duplicate ports',
      'a quantity that is none',
      'watch, a bad resourceVersion',
    ],
  },
  {
    why: 'the patch is quoted, not the whole object with its bookkeeping',
    parts: [...message, 'body.details'],
    questions: ['merge patch of a wrong type', 'merge patch of an unknown field, strictly'],
  },
  {
    why: 'the changed fields are told, not their surroundings in the internal form of another server',
    parts: [...message, 'body.details.causes.0.message'],
    questions: ['a changed Pod'],
  },
  {
    why: 'one complaint is made once',
    parts: [...message, 'body.details.causes'],
    questions: ['a new finalizer on what is going', 'bad Endpoints'],
  },
  {
    why: 'items go out as they are stored, with their kind, as those of custom resources do in Kubernetes',
    parts: ['body.items.0.kind', 'body.items.0.apiVersion', 'body.items.1.kind', 'body.items.1.apiVersion'],
    questions: ['list', 'list by name', 'list, first page', 'list, next page'],
  },
  {
    why: 'a time that is not set is left out, not null',
    parts: ['body.firstTimestamp', 'body.lastTimestamp', 'body.eventTime', 'body.status.conditions.0.lastProbeTime'],
    questions: ['an Event', 'an Event of a name of its own form', 'delete of a Pod'],
  },
  {
    why: 'what is asked and not kept was not created at any time',
    parts: ['body.metadata.creationTimestamp'],
    questions: ['who am I'],
  },
  {
    why: 'what is asked and not kept has no owners',
    parts: ['body.metadata.managedFields'],
    questions: ['may nobody'],
  },
  {
    why: 'the refusal names the kind',
    parts: [...message, 'body.details.kind'],
    questions: ['a review of nobody'],
  },
  {
    why: 'no controller takes the taint of a new node away: whether it is ready is its condition',
    parts: ['body.spec.taints'],
    questions: ['a Node'],
  },
  {
    why: 'a limit below nothing is refused, not taken for none',
    parts: ['code'],
    questions: ['list, a negative limit'],
  },
  {
    why: 'a bookmark carries its version and annotation, no empty fields of its kind',
    parts: ['body.6.object.rules'],
    questions: ['watch with initial events'],
  },
  {
    why: 'descriptions of columns are our own words',
    parts: [
      'body.columnDefinitions.0.description',
      'body.columnDefinitions.1.description',
      'body.0.object.columnDefinitions.0.description',
      'body.0.object.columnDefinitions.1.description',
    ],
    questions: ['watch as a table', 'a table with whole objects', 'a table with no objects'],
  },
  {
    why: 'every refusal is a Status',
    parts: ['contentType', 'body'],
    questions: ['no such group', 'no such path'],
  },
  {
    why: 'nobody is anonymous but for health and version, so credentials are asked for',
    parts: ['code', 'body'],
    questions: ['no token'],
  },
];
