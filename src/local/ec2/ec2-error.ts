import { ServiceError } from "../service.js";

// Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html

/** An error with one of EC2's codes; most of them are answered with the status 400. */
export function ec2Error(code: string, message: string, status = 400): ServiceError {
  return new ServiceError(code, status, message);
}

export function invalidValue(message: string): ServiceError {
  return ec2Error("InvalidParameterValue", message);
}

export function invalidCombination(message: string): ServiceError {
  return ec2Error("InvalidParameterCombination", message);
}

export function missingParameter(name: string): ServiceError {
  return ec2Error("MissingParameter", `The request must contain the parameter ${name}`);
}

export function incorrectState(message: string): ServiceError {
  return ec2Error("IncorrectState", message);
}
