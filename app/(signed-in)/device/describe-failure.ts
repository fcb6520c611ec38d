import { type AuthFailure, formErrors } from "@/app/_account/form-errors";

/** The text for a code that Better Auth refuses, or for another failure. */
export function describeFailure(failure: AuthFailure): string {
  switch (failure.code) {
    case "invalid_request":
      return "No sign-in has this code. Compare it with the code on your device.";
    case "expired_token":
      return "This code has expired. Start again on your device.";
    case "access_denied":
      return "Another user has entered this code. Start again on your device.";
    default:
      return formErrors(failure).form ?? "The server did not accept this. Start again on your device.";
  }
}
