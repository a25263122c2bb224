import { type Fault, fault } from "#engine/errors.ts";

interface TlsError {
  readonly code: string;
  readonly message: string;
}

/** Of OpenSSL, as Node names them: the chain does not lead to an accepted root. */
const UNTRUSTED =
  /^(UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_(SIGNATURE_FAILURE|UNTRUSTED|REJECTED|REVOKED|CHAIN_TOO_LONG)|INVALID_(CA|PURPOSE))$/;

/** pg's own words: the server answered `N` to the request for TLS. */
export const isNoTls = (message: string): boolean =>
  message === "The server does not support SSL connections";

/** What is wrong with the server's certificate or with TLS itself; null where it is neither. */
export function toTlsFault({ code, message }: TlsError, host: string, place: string): Fault | null {
  if (isNoTls(message)) {
    return fault("tls-not-offered", `The server at ${place} offers no TLS, and TLS is wanted.`);
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return fault("tls-wrong-host", `The certificate of ${place} is not made out to ${host}: ${message}.`);
  }
  if (code === "CERT_HAS_EXPIRED") {
    return fault("tls-expired", `The certificate of ${place}, or of its authority, has expired.`);
  }
  if (code === "CERT_NOT_YET_VALID") {
    return fault("tls-expired", `The certificate of ${place}, or of its authority, is not valid yet.`);
  }
  if (UNTRUSTED.test(code)) {
    const message = `The certificate of ${place} is not signed by an authority that is trusted here (${code}).`;
    return fault("tls-untrusted", message);
  }
  if (/SSL|TLS|certificate|altnames/i.test(message) || /CERT|ERR_TLS|SSL/.test(code)) {
    return fault("tls-failed", `No trusted connection to ${place}: ${message}.`);
  }
  return null;
}
