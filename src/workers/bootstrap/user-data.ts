import { moverNodeFlags } from "./mover-node-flags.js";

/** What a worker's first script is told. None of it is secret: whoever may describe the instance can read it. */
export interface UserDataFacts {
  readonly worker: string;
  readonly bucket: string;
  /** The account that the configuration bucket belongs to: S3 refuses one of another's. */
  readonly bucketOwner: string;
  /** Of the configuration bucket. */
  readonly region: string;
  readonly prefix: string;
  /** The bundle's name under the prefix. */
  readonly bundle: string;
  readonly sha256: string;
  readonly architecture: string;
  /** How often the data mover is tried to be fetched, a second longer apart each time. Default: 5. */
  readonly fetches?: number | undefined;
  /** After this long the machine ends, whatever runs on it. */
  readonly maxLifeSeconds: number;
}

/**
 * The script that a worker runs first. It uses what Amazon Linux 2023 has (bash, coreutils, curl, sed, tar, gzip), fetches the data mover
 * with the credentials of the instance's role, checks its digest, and hands over to it. Whatever happens, the machine ends.
 *
 * `AWS_ENDPOINT_URL` and `AWS_EC2_METADATA_SERVICE_ENDPOINT` lead elsewhere than to AWS, as they do for any of AWS's own tools.
 */
export function userData(facts: UserDataFacts): string {
  for (const [name, value] of Object.entries(facts)) if (!/^[A-Za-z0-9._/-]*$/.test(String(value))) throw new RangeError(`${name} cannot stand in a script: ${String(value)}`);
  return script
    .replace("@worker@", facts.worker)
    .replace("@bucket@", facts.bucket)
    .replace("@owner@", facts.bucketOwner)
    .replace("@region@", facts.region)
    .replace("@prefix@", facts.prefix)
    .replace("@bundle@", facts.bundle)
    .replace("@sha256@", facts.sha256)
    .replace("@architecture@", facts.architecture)
    .replaceAll("@fetches@", String(facts.fetches ?? 5))
    .replace("@nodeFlags@", moverNodeFlags.join(" "))
    .replace("@seconds@", String(facts.maxLifeSeconds));
}

const script = String.raw`#!/bin/bash
# holdfast: a worker. It does its tasks and ends.
set -uo pipefail
umask 077
export HOLDFAST_WORKER=@worker@ HOLDFAST_BUCKET=@bucket@ HOLDFAST_BUCKET_OWNER=@owner@ HOLDFAST_REGION=@region@ HOLDFAST_PREFIX=@prefix@ HOLDFAST_ARCHITECTURE=@architecture@ HOLDFAST_MAX_LIFE_SECONDS=@seconds@
bundle=@bundle@
sha256=@sha256@
end() { echo "holdfast: $1"; exit 1; }
# whatever happens from here on, the machine ends; each step below has a time limit
trap 'shutdown -h now' EXIT
folder=$(mktemp -d) || end "no temporary folder"
imds=${"$"}{AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
imds=${"$"}{imds%/}
ask() { curl -sS -f --retry 5 --retry-connrefused --max-time 10 -H "X-aws-ec2-metadata-token: $token" "$imds/latest/meta-data/$1"; }
fetch() {
  token=$(curl -sS -f --retry 5 --retry-connrefused --max-time 10 -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 21600" "$imds/latest/api/token") || return 1
  role=$(ask iam/security-credentials/) || return 1
  ask "iam/security-credentials/$role" > "$folder/role" || return 1
  field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" "$folder/role" | head -n 1; }
  case "$HOLDFAST_REGION" in cn-*) domain=amazonaws.com.cn ;; *) domain=amazonaws.com ;; esac
  if [ -n "${"$"}{AWS_ENDPOINT_URL:-}" ]; then url=${"$"}{AWS_ENDPOINT_URL%/}/$HOLDFAST_BUCKET
  # the certificate of S3 does not cover a bucket with dots in its name
  elif [[ "$HOLDFAST_BUCKET" == *.* ]]; then url=https://s3.$HOLDFAST_REGION.$domain/$HOLDFAST_BUCKET
  else url=https://$HOLDFAST_BUCKET.s3.$HOLDFAST_REGION.$domain; fi
  host=${"$"}{url#*://}
  host=${"$"}{host%%/*}
  # the credentials go by a file of this user alone: arguments can be seen by every process
  printf 'user = "%s:%s"\n' "$(field AccessKeyId)" "$(field SecretAccessKey)" > "$folder/curl"
  sessionToken=$(field Token)
  [ -z "$sessionToken" ] || printf 'header = "x-amz-security-token: %s"\n' "$sessionToken" >> "$folder/curl"
  curl -sS -f --connect-timeout 10 --max-time 600 --config "$folder/curl" -H "Host: $host" --aws-sigv4 "aws:amz:$HOLDFAST_REGION:s3" -H "x-amz-expected-bucket-owner: $HOLDFAST_BUCKET_OWNER" -H "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" -o "$folder/bundle.tar.gz" "$url/$HOLDFAST_PREFIX/$bundle"
}
for attempt in $(seq @fetches@); do
  fetch && break
  rm -f "$folder/bundle.tar.gz"
  [ "$attempt" = @fetches@ ] && end "the data mover could not be fetched"
  sleep "$attempt"
done
rm -f "$folder/role" "$folder/curl"
echo "$sha256  $folder/bundle.tar.gz" | sha256sum --check --status || end "the data mover is not the one that was meant: its digest is another"
mkdir "$folder/mover" && tar -xzf "$folder/bundle.tar.gz" -C "$folder/mover" || end "the data mover could not be unpacked"
rm -f "$folder/bundle.tar.gz"
HOLDFAST_INSTANCE_ID=$(ask instance-id) || HOLDFAST_INSTANCE_ID=unknown
export HOLDFAST_INSTANCE_ID
timeout --kill-after=60 "$HOLDFAST_MAX_LIFE_SECONDS" "$folder/mover/node" @nodeFlags@ "$folder/mover/mover.mjs"
echo "holdfast: the data mover ended with $?"
`;
