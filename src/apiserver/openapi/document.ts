/** OpenAPI documents, versions 3.0 and 2.0, of a list of operations. Descriptions are left out: they are not ours. */
import type { GroupVersion } from '../../api/group-version.ts';
import { factsIndex } from '../../api/schema/schema.ts';
import type { Operation, Parameter } from './operations.ts';
import type { Json } from './schemas.ts';
import { SchemaCollection } from './schemas.ts';

const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

const reasons: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

function info(): Json {
  return { title: 'Kubernetes', version: factsIndex().kubernetesVersion };
}

/** Groups operations by path and adds the parameters that all of a path's operations share. */
function paths(
  operations: readonly Operation[],
  parameter: (parameter: Parameter, place: 'path' | 'query') => Json,
  write: (operation: Operation) => Json,
): Json {
  const byPath: Record<string, Json> = {};
  for (const operation of operations) {
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    byPath[operation.path] ??= {
      parameters: [
        ...names.map((name) => parameter({ name, type: 'string' }, 'path')),
        parameter({ name: 'pretty', type: 'string' }, 'query'),
      ],
    };
    const item = byPath[operation.path];
    if (item !== undefined) item[operation.method] = write(operation);
  }
  return byPath;
}

function common({ action, kind, id, tag }: Operation): Json {
  return {
    operationId: id,
    tags: [tag],
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version },
  };
}

export function documentV3(operations: readonly Operation[], groupVersions: readonly GroupVersion[]): Json {
  const collection = new SchemaCollection('v3', groupVersions);
  const parameter = ({ name, type }: Parameter, place: 'path' | 'query'): Json => ({
    name,
    in: place,
    ...(place === 'path' ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  });
  const content = (types: readonly string[], schema: Json): Json =>
    Object.fromEntries(types.map((type) => [type, { schema }]));
  const write = (operation: Operation): Json => {
    const { action, answer, body, codes, query } = operation;
    const types = ['application/json', ...(action === 'list' ? ['application/json;stream=watch'] : [])];
    const answers = content(types, collection.kind(answer));
    const result: Json = {
      ...common(operation),
      parameters: query.map((one) => parameter(one, 'query')),
      responses: {
        ...Object.fromEntries(codes.map((code) => [code, { description: reasons[code], content: answers }])),
        401: { description: 'Unauthorized' },
      },
    };
    if (body === 'patch') result.requestBody = { required: true, content: content(patchTypes, collection.patch()) };
    else if (body !== undefined) {
      result.requestBody = {
        ...(action === 'post' || action === 'put' ? { required: true } : {}),
        content: content(['*/*'], collection.kind(body)),
      };
    }
    return result;
  };
  return {
    openapi: '3.0.0',
    info: info(),
    paths: paths(operations, parameter, write),
    components: {
      schemas: collection.schemas,
      securitySchemes: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    },
  };
}

export function documentV2(operations: readonly Operation[], groupVersions: readonly GroupVersion[]): Json {
  const collection = new SchemaCollection('v2', groupVersions);
  const parameter = ({ name, type }: Parameter, place: 'path' | 'query'): Json => ({
    name,
    in: place,
    ...(place === 'path' ? { required: true } : {}),
    type,
    uniqueItems: true,
  });
  const write = (operation: Operation): Json => {
    const { action, answer, body, codes, query } = operation;
    const parameters = query.map((one) => parameter(one, 'query'));
    if (body !== undefined) {
      const required = action === 'post' || action === 'put' || action === 'patch';
      const schema = body === 'patch' ? collection.patch() : collection.kind(body);
      parameters.push({ name: 'body', in: 'body', ...(required ? { required } : {}), schema });
    }
    const schema = collection.kind(answer);
    return {
      ...common(operation),
      consumes: body === 'patch' ? patchTypes : ['*/*'],
      produces: ['application/json', ...(action === 'list' ? ['application/json;stream=watch'] : [])],
      schemes: ['https'],
      parameters,
      responses: {
        ...Object.fromEntries(codes.map((code) => [code, { description: reasons[code], schema }])),
        401: { description: 'Unauthorized' },
      },
    };
  };
  return {
    swagger: '2.0',
    info: info(),
    paths: paths(operations, parameter, write),
    definitions: collection.schemas,
    securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
  };
}
