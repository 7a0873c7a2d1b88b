import type { ResolvedIamOptions } from "../iam-options.js";
import type { IamPolicyStatement } from "../policy-document.js";
import { allow, usingKeys } from "./allow.js";

/** Reads and writes repositories. Who may encrypt by a repository's key can put another in its place: only who makes repositories and key slots needs that. */
export function repositoryStatements({ partition, repositories }: Pick<ResolvedIamOptions, "partition" | "repositories">, { makesKeySlots = true }: { readonly makesKeySlots?: boolean } = {}): IamPolicyStatement[] {
  const bucketArn = (bucket: string): string => `arn:${partition}:s3:::${bucket}`;
  const of = (chosen: typeof repositories): { readonly buckets: string[]; readonly objects: string[] } => ({
    buckets: [...new Set(chosen.map(({ bucket }) => bucketArn(bucket)))],
    objects: [...new Set(chosen.map(({ bucket, prefix }) => `${bucketArn(bucket)}/${prefix === undefined ? "*" : `${prefix}/*`}`))],
  });
  const all = of(repositories);
  const immutable = of(repositories.filter((repository) => repository.immutable));
  const archives = of(repositories.filter((repository) => repository.archive));
  return [
    // with a condition on s3:prefix, S3 would answer 403 to who reads an object that is not there
    allow("ListRepositories", ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning"], all.buckets),
    allow("ReadAndWriteRepositories", ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"], all.objects),
    ...(immutable.buckets.length === 0
      ? []
      : [allow("SeeLockRules", ["s3:GetBucketObjectLockConfiguration"], immutable.buckets), allow("LockObjects", ["s3:GetObjectRetention", "s3:PutObjectRetention"], immutable.objects)]),
    ...(archives.objects.length === 0 ? [] : [allow("ThawArchives", ["s3:RestoreObject"], archives.objects)]),
    ...usingKeys("UnwrapRepositoryKeys", [...(makesKeySlots ? ["kms:Encrypt"] : []), "kms:Decrypt"], repositories.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? [])),
  ];
}
