import type { ObjectMeta } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import type { ResourceDefinition } from '../resources/resource.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function subdomainComplaints(name: string): string[] {
  if (name.length > 253) return ['must be no more than 253 bytes'];
  if (SUBDOMAIN.test(name)) return [];
  return [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
      "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ];
}

export function validateObjectMeta({ name = '' }: ObjectMeta, definition: ResourceDefinition): FieldError[] {
  if (name === '') {
    return [
      {
        reason: 'FieldValueRequired',
        field: 'metadata.name',
        message: 'Required value: name or generateName is required',
      },
    ];
  }
  return (definition.validateName ?? subdomainComplaints)(name).map((complaint) => ({
    reason: 'FieldValueInvalid',
    field: 'metadata.name',
    message: `Invalid value: ${JSON.stringify(name)}: ${complaint}`,
  }));
}
