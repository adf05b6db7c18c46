//! Attacks that are calls in sequence: what they are stands in the data, by their names.

macro_rules! attacks {
    ($module:ident, $file:literal, $($name:ident),+ $(,)?) => {
        mod $module {
            use crate::scenario;

            const FILE: &str = include_str!($file);

            $(#[tokio::test]
            async fn $name() {
                scenario::play(FILE, stringify!($name)).await;
            })+

            #[test]
            fn every_attack_of_the_file_is_a_test() {
                let mut tests = vec![$(stringify!($name)),+];
                tests.sort_unstable();
                assert_eq!(scenario::names(FILE), tests);
            }
        }
    };
}

attacks! {
    sessions,
    "sessions.json",
    a_chained_session_changes_no_transitive_tag_and_no_source_identity,
    a_chained_session_lasts_an_hour_at_most,
    a_federated_user_mints_nothing,
    a_federation_token_has_no_more_than_its_user,
    a_nested_stack_has_no_more_than_its_parent,
    a_role_that_was_made_anew_ends_the_sessions_of_the_old,
    a_root_user_s_task_is_given_to_those_alone_who_may_ask_for_it,
    a_session_assumes_its_own_role_only_where_that_trusts_it,
    a_session_lasts_no_longer_than_its_kind_may,
    a_session_makes_no_policy_by_a_change_set_that_it_could_not_make_itself,
    a_session_makes_no_user_by_a_stack_that_it_could_not_make_itself,
    a_session_of_a_role_mints_no_session_of_a_user,
    a_session_of_a_root_user_does_its_task_and_nothing_else,
    a_session_of_a_root_user_mints_no_other,
    a_session_of_a_user_mints_nothing_of_its_own_kind,
    a_session_policy_caps_what_a_session_assumes,
    a_session_policy_gives_nothing_that_the_role_lacks,
    a_session_s_own_policies_hold_against_a_bucket_that_names_its_role,
    a_session_that_has_expired_opens_nothing,
    a_stack_passes_no_role_that_its_caller_may_not_pass,
    a_user_loses_with_its_permission_what_its_session_had,
    a_user_s_deny_holds_for_whom_it_vouches,
}

attacks! {
    trust,
    "trust.json",
    a_deputy_without_the_external_id_gets_nothing,
    a_foreign_account_is_trusted_by_both_sides_or_not_at_all,
    a_namesake_of_a_deleted_role_is_not_trusted,
    a_namesake_of_a_deleted_user_is_not_trusted,
    a_role_for_a_service_s_own_caller_is_nobody_else_s,
    a_role_is_assumed_under_no_other_writing_of_its_arn,
    a_service_is_trusted_by_its_whole_name,
    a_service_s_role_is_assumed_by_nobody_who_calls_himself_so,
    a_session_name_makes_nobody_of_its_caller,
    a_trust_in_the_account_needs_the_user_s_own_permission,
    a_trust_policy_names_nobody_by_a_pattern,
    an_external_id_is_not_said_by_a_tag,
    nobody_says_its_own_source_arn,
}

attacks! {
    conditions,
    "conditions.json",
    a_caller_s_id_is_its_own_whatever_its_kind,
    a_denied_source_is_copied_under_none_of_its_spellings,
    a_deny_for_all_other_values_holds_where_there_is_none,
    a_deny_of_any_other_tag_sees_each_tag,
    a_group_is_renamed_by_those_who_may_for_both_names,
    a_name_in_another_case_hides_nobody,
    a_negated_condition_holds_of_an_absent_key_and_does_not_spare_the_caller,
    a_path_hides_nobody,
    a_policy_s_arn_is_written_in_one_way,
    a_role_session_has_no_device_of_its_caller,
    a_session_s_tags_need_their_own_permission,
    a_tag_in_two_writings_passes_by_neither,
    a_tag_of_ones_own_choosing_is_no_key_of_aws,
    a_user_called_star_owns_no_other_home,
    a_variable_that_is_not_there_matches_nothing,
    an_action_in_any_case_is_the_action,
    an_object_key_in_another_case_is_another_object,
    for_all_values_holds_of_no_values_and_the_guard_beside_it_does_not,
    if_exists_allows_only_what_it_was_written_for,
    keys_of_conditions_have_no_case_and_values_do,
    tags_that_open_doors_are_set_by_those_alone_who_may,
}

attacks! {
    limits,
    "limits.json",
    a_boundary_gives_nothing_and_takes_all_else,
    a_boundary_s_deny_holds_against_a_bucket_policy,
    a_boundary_s_silence_holds_against_a_bucket_policy_for_the_role,
    a_session_of_a_bounded_user_is_bounded,
    a_stack_makes_no_role_without_the_boundary_that_is_demanded,
    not_principal_allows_nobody_in,
    not_principal_spares_nobody_who_has_a_boundary,
}

attacks! {
    buckets,
    "buckets.json",
    a_block_is_taken_off_by_those_alone_who_may,
    a_blocked_bucket_takes_no_public_list,
    a_blocked_bucket_takes_no_public_policy_however_it_is_written,
    a_bucket_of_another_owner_than_expected_is_left_alone,
    a_copy_needs_both_of_its_sides,
    a_copy_s_source_is_judged_however_it_is_written,
    a_copy_takes_no_tags_that_its_caller_may_not_read,
    a_foreign_owner_s_bucket_is_not_made_anew_nor_taken,
    a_listing_under_one_prefix_shows_no_other,
    a_public_policy_of_before_lets_nobody_in_once_it_is_restricted,
    a_stack_makes_no_public_bucket_against_the_account_s_block,
    a_version_is_deleted_and_read_by_those_alone_who_may,
    an_upload_is_continued_under_its_own_bucket_and_key_only,
    an_upload_takes_no_part_of_what_its_caller_may_not_read,
    lists_of_access_say_nothing_once_ownership_is_enforced,
    what_a_stranger_writes_is_the_owner_s,
}

attacks! {
    locks,
    "locks.json",
    a_clock_that_goes_back_frees_nothing,
    a_legal_hold_is_lifted_by_those_alone_who_may,
    a_lock_is_put_on_by_those_alone_who_may,
    a_locked_version_outlives_whatever_is_written_over_it,
    compliance_holds_against_root,
    governance_is_bypassed_by_those_alone_who_may,
    governance_is_bypassed_by_those_alone_who_say_so,
    object_lock_is_not_taken_off_with_versioning,
}

attacks! {
    documents,
    "documents.json",
    a_deep_document_is_no_policy,
    a_huge_document_is_refused_before_it_counts,
    a_key_that_stands_twice_hides_no_deny,
    a_policy_full_of_stars_decides_like_any,
    a_template_full_of_itself_makes_nothing,
    an_effect_in_another_case_is_none,
}

attacks! {
    accounts,
    "accounts.json",
    a_public_topic_policy_gives_nobody_its_policy,
    a_re_created_user_is_not_who_a_topic_policy_names,
    a_server_is_administered_by_its_own_account_only,
    a_stranger_s_policies_and_people_are_out_of_reach,
    a_stranger_s_stack_is_read_changed_and_deleted_by_nobody,
    a_stranger_s_topics_and_parameters_are_out_of_reach,
    what_a_closed_account_has_is_nobody_s_whatever_it_granted,
    why_tells_a_member_account_nothing_of_what_stands_in_a_control_policy,
}

attacks! {
    changes,
    "changes.json",
    a_bucket_s_policy_holds_from_the_next_request_on,
    a_key_that_is_turned_off_or_deleted_opens_nothing_from_then_on,
    a_listing_goes_on_in_one_s_own_account_only,
    a_trust_that_is_taken_back_makes_no_more_sessions,
    what_is_taken_from_a_role_is_gone_for_its_sessions,
    what_is_taken_from_a_user_is_gone_at_the_next_request,
}

attacks! {
    deputies,
    "deputies.json",
    a_change_set_is_carried_out_with_the_rights_of_who_carries_it_out,
    a_change_set_with_a_role_is_made_by_those_alone_who_may_pass_it,
    a_nested_stack_s_url_is_read_as_its_caller,
    a_resource_is_signalled_by_those_alone_who_may,
    a_role_of_another_account_is_passed_to_nothing,
    a_rollback_does_what_its_caller_may_and_no_more,
    a_stack_deletes_nothing_that_its_caller_may_not,
    a_stack_policy_is_set_aside_by_those_alone_who_may_set_it,
    a_stored_parameter_is_read_by_no_stack_of_one_who_may_not,
    a_url_reads_nothing_that_its_caller_may_not_read,
    a_version_behind_a_url_is_read_by_those_alone_who_may_read_versions,
    an_import_takes_over_nothing_that_its_caller_may_not,
    an_include_reads_nothing_that_its_caller_may_not_read,
    what_is_not_to_be_echoed_is_told_nowhere,
}
