import type { CertificateSigningRequest } from '../../../api/types/certificates-v1.ts';
import { humanDuration } from '../../../apiserver/table/human-duration.ts';
import { type CertificateRequest, parseCertificateRequest } from '../../../net/certificates/certificate-request.ts';
import { CommandError } from '../../command.ts';
import type { Description } from '../description.ts';
import { labelLine } from '../labels.ts';
import { mailTime } from '../times.ts';

/** Kinds of values that a subject has, by object identifier. */
const subjectLists = {
  Organization: '2.5.4.10',
  'Organizational Unit': '2.5.4.11',
  Country: '2.5.4.6',
  Locality: '2.5.4.7',
  Province: '2.5.4.8',
  StreetAddress: '2.5.4.9',
  PostalCode: '2.5.4.17',
};
const commonName = '2.5.4.3';
const serialNumber = '2.5.4.5';

export function describeCertificateSigningRequest(object: CertificateSigningRequest, out: Description): void {
  const { metadata, spec } = object;
  const request = readRequest(object);
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Labels', labelLine(metadata.labels));
  out.field(0, 'Annotations', labelLine(metadata.annotations));
  out.field(0, 'CreationTimestamp', mailTime(metadata.creationTimestamp));
  out.field(0, 'Requesting User', spec.username);
  out.optional(0, 'Signer', spec.signerName);
  const { expirationSeconds: seconds } = spec;
  if (seconds !== undefined) out.field(0, 'Requested Duration', humanDuration(seconds * 1000));
  out.field(0, 'Status', stateOf(object));
  out.line(0, 'Subject:');
  const { subject, dnsNames, emailAddresses, uris, ipAddresses } = request;
  out.line(0, '', 'Common Name:', subject.get(commonName)?.at(-1) ?? '');
  out.line(0, '', 'Serial Number:', subject.get(serialNumber)?.at(-1) ?? '');
  for (const [label, identifier] of Object.entries(subjectLists)) describeList(out, label, subject.get(identifier));
  const names = { 'DNS Names': dnsNames, 'Email Addresses': emailAddresses, URIs: uris, 'IP Addresses': ipAddresses };
  if (Object.values(names).every((list) => list.length === 0)) return;
  out.line(0, 'Subject Alternative Names:');
  for (const [label, list] of Object.entries(names)) describeList(out, label, list);
}

function readRequest({ metadata, spec }: CertificateSigningRequest): CertificateRequest {
  try {
    return parseCertificateRequest(Buffer.from(spec.request, 'base64').toString('latin1'));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandError(
      `certificatesigningrequests "${metadata.name}": what it asks for cannot be read (${error.message}); see its text with: fairlead get csr ${metadata.name} -o yaml`,
    );
  }
}

function describeList(out: Description, label: string, values: readonly string[] = []): void {
  values.forEach((value, index) => {
    if (index === 0) out.line(0, '', `${label}:`, value);
    else out.line(0, '', '', value);
  });
}

/** `Approved,Issued`. */
function stateOf({ status = {} }: CertificateSigningRequest): string {
  const has = (type: string): boolean => (status.conditions ?? []).some((condition) => condition.type === type);
  const decided = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [decided, ...(has('Failed') ? ['Failed'] : []), ...(status.certificate ? ['Issued'] : [])].join(',');
}
