//! What every store must do. A case is a function of a [`World`]; [`suite`] makes tests of all of them for one
//! database.
//!
//! To add a case: a function in the file of its subject, and its name in the list below; the compiler says
//! which function the list lacks.

pub(crate) mod apis;
pub(crate) mod audit;
pub(crate) mod bad_rows;
pub(crate) mod bookkeeping;
pub(crate) mod commits;
pub(crate) mod companies;
pub(crate) mod creations;
pub(crate) mod credentials;
pub(crate) mod finding;
pub(crate) mod given;
pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod limit;
pub(crate) mod manifests;
pub(crate) mod operators;
pub(crate) mod revocations;
pub(crate) mod secrets;
pub(crate) mod usage;
pub(crate) mod world;

pub(crate) use world::{Backstage, World};

/// `suite!(name, path)`: the contract as tests, in a module `name`, each in a world that `path` makes.
macro_rules! suite {
    ($name:ident, $world:path) => {
        mod $name {
            $crate::contract::suite! { @cases $world;
                companies {
                    one_is_made_and_read,
                    an_id_is_given_once,
                    a_deleted_id_is_spent,
                    one_is_updated_in_part,
                    one_that_is_missing_is_not_found,
                    a_stale_revision_is_refused,
                    one_is_suspended_and_resumed,
                    suspending_raises_generations,
                    one_with_credentials_is_not_deleted,
                    lists_are_paged_without_the_deleted,
                    lists_begin_with_a_prefix,
                }
                apis {
                    one_is_made_and_read,
                    an_id_is_taken_until_its_deletion,
                    a_default_audience_is_taken,
                    an_own_audience_is_taken,
                    an_own_audience_meets_a_default,
                    a_default_audience_meets_an_own,
                    own_audiences_may_step_aside,
                    taking_an_own_audience_away_may_clash,
                    a_scope_is_taken,
                    audiences_and_scopes_are_updated,
                    a_scope_that_is_missing_is_not_removed,
                    a_granted_scope_stays,
                    a_granted_algorithm_stays,
                    a_granted_one_is_not_deleted,
                    a_deleted_credential_grants_nothing,
                    one_that_is_missing_is_not_found,
                    a_stale_revision_is_refused,
                    lists_are_paged,
                    lists_begin_with_a_prefix,
                }
                audit {
                    an_untouched_one_is_whole,
                    whoever_cannot_open_its_key_changes_nothing,
                    it_begins_once,
                    every_column_that_is_changed_is_found,
                    what_is_removed_inserted_or_moved_is_found,
                    an_end_that_is_cut_off_is_found_by_a_checkpoint_alone,
                    a_purge_moves_its_base,
                    its_rows_are_read_by_filter_and_page,
                    a_forged_signature_is_refused_and_a_key_that_is_gone_is_said,
                    commits_at_the_same_time_stand_in_one_chain,
                    its_end_is_judged_alone,
                    it_is_whole_while_commits_and_purges_go_on,
                }
                credentials {
                    one_is_made_and_read,
                    its_company_must_be_active,
                    a_client_id_is_given_once,
                    a_deleted_client_id_is_spent,
                    look_alikes_are_refused,
                    environments_are_apart,
                    a_handle_is_given_once,
                    one_is_updated_in_part,
                    suspending_and_deleting_raise_the_generation,
                    a_state_is_entered_once,
                    a_deleted_one_takes_no_change,
                    a_stale_revision_is_refused,
                    lists_are_filtered_and_paged,
                    lists_begin_with_a_prefix,
                    networks_are_kept_sorted_and_taken_away,
                }
                limit {
                    the_sixth_is_refused,
                    suspended_ones_count_and_deleted_ones_do_not,
                    it_can_be_raised_and_lowered,
                    forty_creators_get_five_places,
                }
                grants {
                    scopes_are_granted_and_stay,
                    all_scopes_are_those_of_now,
                    an_api_without_scopes_is_granted,
                    the_audience_is_the_environments,
                    what_is_missing_is_refused,
                    algorithms_must_not_differ,
                    scopes_are_taken_away_and_the_api_with_the_last,
                    what_is_not_granted_is_not_taken_away,
                    a_stale_revision_is_refused,
                }
                operators {
                    what_one_may_do_is_one_grant,
                    company_and_environment_go_together,
                    nothing_else_is_granted_and_nobody_else_has_it,
                    scopes_are_taken_away_one_by_one,
                    a_deleted_one_leaves_no_scopes,
                    theirs_know_no_limit,
                }
                secrets {
                    one_is_kept_as_it_is,
                    an_imported_hash_is_kept_in_its_own_words,
                    two_live_and_a_third_is_refused,
                    the_dead_do_not_count,
                    an_id_is_given_once,
                    the_only_one_is_revoked,
                    of_two_one_must_be_named,
                    all_are_revoked,
                    a_dead_or_foreign_one_is_not_revoked,
                    a_suspended_credential_takes_one,
                    an_end_is_set_moved_and_taken_away,
                    a_dead_or_foreign_one_gets_no_end,
                    one_is_found_by_its_tag,
                    a_stale_revision_is_refused,
                }
                revocations {
                    one_token_is_written_once,
                    a_raised_generation_is_written_with_it,
                    a_company_ends_the_tokens_of_all_its_credentials,
                    resuming_revokes_nothing,
                    one_token_too_many_raises_the_generation,
                    raising_by_tokens_has_an_end,
                    whole_commits_are_read_in_order,
                    what_is_refused_leaves_nothing,
                    the_ended_are_purged_in_batches,
                    a_clock_far_ahead_purges_nothing,
                    a_poisoned_one_stops_all,
                }
                keys {
                    they_are_kept_as_they_are,
                    one_signing_key_is_active_and_one_next,
                    a_kid_is_given_once,
                    a_signing_key_moves_on,
                    a_step_sets_its_times,
                    a_second_key_waits_for_the_first,
                    of_two_rotations_one_is_done,
                    a_key_is_replaced_in_one_commit,
                    a_hash_key_is_written_once,
                    a_hash_key_goes_once_no_live_secret_needs_it,
                    a_hash_key_goes_where_somebody_agreed,
                    a_check_value_is_written_once,
                    what_is_sealed_anew_takes_the_old_ones_place,
                    nothing_is_sealed_anew_where_one_row_is_another_by_now,
                }
                commits {
                    all_or_nothing,
                    a_refusal_names_its_intent,
                    each_raises_the_counter_once,
                    none_of_nothing,
                    a_rehearsal_leaves_no_trace,
                    later_intents_see_earlier_ones,
                    one_revision_serves_a_whole_commit,
                    a_revision_is_the_last_commits,
                    every_kind_is_written_and_read,
                    what_invalidates_says_so,
                    a_change_of_networks_invalidates,
                    whole_commits_are_read_in_order,
                }
                manifests {
                    everything_is_made_by_one_commit_and_once,
                    what_is_not_said_stays,
                    what_is_named_is_made_so,
                    what_is_not_named_goes_where_it_is_asked_for,
                    a_place_that_becomes_free_is_taken_in_the_same_commit,
                    what_cannot_be_done_is_said_and_nothing_is,
                    the_plan_that_was_shown_is_the_one_that_is_done,
                }
                creations {
                    a_key_makes_one_thing,
                    the_first_thing_that_is_made_is_remembered,
                    what_is_refused_takes_no_key,
                    what_makes_nothing_takes_no_key,
                    a_key_is_forgotten_in_time,
                    of_many_at_once_one_makes_it,
                    forgotten_keys_are_purged_in_batches,
                }
                finding {
                    two_client_ids_are_found_at_once,
                    what_is_missing_is_not_found,
                    deleted_ones_come_too,
                    the_live_come_before_two_dead,
                    a_snapshot_has_its_sequence,
                    another_handle_sees_a_commit_at_once,
                }
                bad_rows {
                    a_poisoned_credential_harms_nobody_else,
                    a_poisoned_company_or_api_is_named,
                    a_poisoned_key_stops_all_keys,
                    a_poisoned_change_stands_for_anything,
                }
                bookkeeping {
                    environments_are_replaced,
                    old_changes_are_purged_by_commits,
                    changes_are_kept_by_the_newest_of_them,
                    a_lease_is_one_holders,
                    a_lease_is_given_back_by_its_holder,
                    a_lease_that_ended_is_taken_once,
                    a_closed_store_is_unavailable,
                }
                usage {
                    counts_add_up_in_every_span,
                    a_batch_counts_once,
                    writers_do_not_block_each_other,
                    writers_are_found_by_node_and_closed_once,
                    usage_is_paged_and_the_top_comes_first,
                    counts_are_purged_by_span,
                    the_latest_use_of_a_secret_is_kept,
                    the_long_dead_go_but_for_the_newest,
                    removed_keys_go_with_the_changes_that_name_them,
                }
            }
        }
    };
    (@cases $world:path; $($module:ident { $($case:ident,)+ })+) => { $(
        mod $module { $(
            #[tokio::test]
            async fn $case() {
                let world = $world().await;
                $crate::contract::$module::$case(&world).await;
            }
        )+ }
    )+ };
}
pub(crate) use suite;
